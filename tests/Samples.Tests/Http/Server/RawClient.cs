using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Reactor.Samples.Tests.Http.Server;

/// <summary>
/// A socket that writes any bytes and reads answers more strictly than any client would: nothing doubled, nothing left
/// out, nothing besides. Every call ends within <see cref="Eventually.Deadline"/>.
/// </summary>
internal sealed class RawClient : IDisposable
{
    private readonly byte[] _buffer = new byte[64 * 1024];
    private int _start;
    private int _end;

    internal RawClient(IPEndPoint server, int? receiveBufferSize = null)
    {
        Socket = new Socket(server.AddressFamily, SocketType.Stream, ProtocolType.Tcp)
        {
            NoDelay = true,
            SendTimeout = (int)Eventually.Deadline.TotalMilliseconds,
            ReceiveTimeout = (int)Eventually.Deadline.TotalMilliseconds,
        };
        if (receiveBufferSize is { } size)
        {
            // Before connecting, so that the window is small from the beginning.
            Socket.ReceiveBufferSize = size;
        }

        Socket.Connect(server);
    }

    internal Socket Socket { get; }

    /// <summary>Whether a read would return at once.</summary>
    internal bool HasInput => _start != _end || Socket.Poll(0, SelectMode.SelectRead);

    public void Dispose() => Socket.Dispose();

    internal void Send(string text) => Send(Encoding.Latin1.GetBytes(text));

    internal void Send(ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            bytes = bytes[Socket.Send(bytes)..];
        }
    }

    /// <summary>Sends and reads the one answer to it.</summary>
    internal Response Ask(string request)
    {
        Send(request);
        return Read(isHead: request.StartsWith("HEAD ", StringComparison.Ordinal));
    }

    /// <summary>FIN: says that nothing more will be sent.</summary>
    internal void Finish() => Socket.Shutdown(SocketShutdown.Send);

    /// <summary>RST.</summary>
    internal void Reset()
    {
        Socket.LingerState = new LingerOption(true, 0);
        Socket.Dispose();
    }

    /// <summary>Reads an answer with its body; the answer to HEAD has none, and an interim one neither.</summary>
    internal Response Read(bool isHead = false)
    {
        Response head = ReadHead();
        if (head.Status == 100)
        {
            Assert.Empty(head.Headers);
            return head;
        }

        string length = head["Content-Length"] ?? throw new InvalidDataException($"no Content-Length in {head}");
        Assert.Equal("Reactor", head["Server"]);
        Assert.NotNull(head["Date"]);
        byte[] body = new byte[isHead ? 0 : int.Parse(length, NumberStyles.None, CultureInfo.InvariantCulture)];
        ReadExactly(body);
        return head with { Body = body };
    }

    internal Response ReadHead()
    {
        string[] status = ReadLine().Split(' ', 3);
        Assert.Equal("HTTP/1.1", status[0]);
        var headers = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        while (ReadLine() is { Length: > 0 } line)
        {
            string[] parts = line.Split(": ", 2);
            headers.Add(parts[0], parts[1]);
        }

        return new Response(int.Parse(status[1], NumberStyles.None, CultureInfo.InvariantCulture), status[2], headers, []);
    }

    internal void ReadExactly(Span<byte> destination)
    {
        while (!destination.IsEmpty)
        {
            int count = Math.Min(Fill(), destination.Length);
            _buffer.AsSpan(_start, count).CopyTo(destination);
            _start += count;
            destination = destination[count..];
        }
    }

    /// <summary>Everything until the end, which must be a FIN.</summary>
    internal byte[] ReadToEnd()
    {
        var all = new MemoryStream();
        while (TryFill())
        {
            all.Write(_buffer, _start, _end - _start);
            _start = _end;
        }

        return all.ToArray();
    }

    /// <summary>Insists that the server has finished in good order, with nothing behind the last answer.</summary>
    internal void ExpectEnd() => Assert.Equal("", Encoding.Latin1.GetString(ReadToEnd()));

    /// <summary>Insists that the connection is reset, before or after some bytes.</summary>
    internal void ExpectReset()
    {
        SocketException exception = Assert.Throws<SocketException>(() => _ = ReadToEnd());
        Assert.Equal(SocketError.ConnectionReset, exception.SocketErrorCode);
    }

    private string ReadLine()
    {
        var line = new StringBuilder();
        while (true)
        {
            Fill();
            char next = (char)_buffer[_start++];
            if (next == '\n')
            {
                Assert.True(line.Length > 0 && line[^1] == '\r', $"a line ends without CR: {line}");
                return line.ToString(0, line.Length - 1);
            }

            line.Append(next);
        }
    }

    private int Fill() => TryFill() ? _end - _start : throw new EndOfStreamException("The server has finished in the middle of an answer.");

    private bool TryFill()
    {
        if (_start == _end)
        {
            _start = 0;
            _end = 0;
            _end = Socket.Receive(_buffer);
        }

        return _start != _end;
    }
}
