namespace Reactor.Bench.Sockets;

/// <summary>Counts the request heads that end in what a connection receives, wherever the network has cut it.</summary>
internal struct RequestHeads
{
    private int _matched;

    internal int Count(ReadOnlySpan<byte> received)
    {
        ReadOnlySpan<byte> end = "\r\n\r\n"u8;
        int heads = 0;
        while (received.Length > 0)
        {
            if (_matched == 0)
            {
                // Nearly always a head is in one piece.
                int at = received.IndexOf(end);
                if (at >= 0)
                {
                    heads++;
                    received = received[(at + end.Length)..];
                    continue;
                }

                received = received[Math.Max(received.Length - end.Length + 1, 0)..];
            }

            foreach (byte value in received)
            {
                _matched = value == end[_matched] ? _matched + 1 : value == end[0] ? 1 : 0;
                if (_matched == end.Length)
                {
                    heads++;
                    _matched = 0;
                }
            }

            break;
        }

        return heads;
    }
}
