namespace Reactor.Bench.Throughput.Load.Generator;

/// <summary>Answers that are what was sent.</summary>
internal sealed class EchoAnswers(ReadOnlyMemory<byte> request) : AnswerReader
{
    private int _position;

    public override int Take(ReadOnlySpan<byte> received)
    {
        int answers = 0;
        while (received.Length > 0)
        {
            int length = Math.Min(received.Length, request.Length - _position);
            if (!received[..length].SequenceEqual(request.Span.Slice(_position, length)))
            {
                throw new InvalidDataException("the echo is not what was sent");
            }

            received = received[length..];
            _position += length;
            if (_position == request.Length)
            {
                _position = 0;
                answers++;
            }
        }

        return answers;
    }

    public override void Reset() => _position = 0;
}
