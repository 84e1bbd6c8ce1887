using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Reactor.Net.Kestrel.Tests;

/// <summary>The other side of a connection, byte by byte. Whatever it waits for, it waits for with a deadline.</summary>
internal sealed class Client : IDisposable
{
    private readonly Socket _socket;

    private Client(Socket socket) => _socket = socket;

    internal Socket Socket => _socket;

    internal static async Task<Client> ConnectAsync(EndPoint endPoint, Action<Socket>? configure = null)
    {
        var socket = endPoint is UnixDomainSocketEndPoint
            ? new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified)
            : new Socket(endPoint.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        configure?.Invoke(socket);
        try
        {
            await socket.ConnectAsync(endPoint);
            return new Client(socket);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    internal Task SendAsync(string text) => SendAsync(Encoding.Latin1.GetBytes(text));

    internal async Task SendAsync(ReadOnlyMemory<byte> bytes)
    {
        using var deadline = new CancellationTokenSource(Eventually.Patience);
        while (!bytes.IsEmpty)
        {
            bytes = bytes[await _socket.SendAsync(bytes, SocketFlags.None, deadline.Token)..];
        }
    }

    internal Task SendGetAsync(string path = "/", string headers = "") => SendAsync($"GET {path} HTTP/1.1\r\nHost: test\r\n{headers}\r\n");

    /// <summary>Receives until so much is there.</summary>
    internal async Task<byte[]> ReceiveExactlyAsync(int count)
    {
        byte[] bytes = new byte[count];
        int length = 0;
        while (length < count)
        {
            int received = await ReceiveAsync(bytes.AsMemory(length));
            Assert.True(received > 0, $"The connection ended after {length} of {count} bytes.");
            length += received;
        }

        return bytes;
    }

    /// <summary>Receives until the text is there, and returns all up to its end.</summary>
    internal async Task<string> ReceiveUntilAsync(string end)
    {
        var text = new StringBuilder();
        byte[] one = new byte[1];
        while (!text.ToString().EndsWith(end, StringComparison.Ordinal))
        {
            Assert.True(await ReceiveAsync(one) == 1, $"The connection ended before '{end}', after: {text}");
            text.Append((char)one[0]);
        }

        return text.ToString();
    }

    /// <summary>An answer with a Content-Length: head and body.</summary>
    internal async Task<(string Head, string Body)> ReceiveAnswerAsync()
    {
        string head = await ReceiveUntilAsync("\r\n\r\n");
        const string Name = "Content-Length: ";
        int start = head.IndexOf(Name, StringComparison.Ordinal);
        Assert.True(start >= 0, head);
        start += Name.Length;
        int length = int.Parse(head[start..head.IndexOf('\r', start)]);
        return (head, Encoding.Latin1.GetString(await ReceiveExactlyAsync(length)));
    }

    /// <summary>Receives everything up to FIN.</summary>
    internal async Task<byte[]> ReceiveToEndAsync()
    {
        using var all = new MemoryStream();
        byte[] buffer = new byte[65_536];
        while (await ReceiveAsync(buffer) is var received and > 0)
        {
            all.Write(buffer, 0, received);
        }

        return all.ToArray();
    }

    internal async Task SeesFinAsync() => Assert.Equal(0, await ReceiveAsync(new byte[1]));

    internal async Task SeesResetAsync()
    {
        byte[] buffer = new byte[65_536];
        SocketException reset = await Assert.ThrowsAsync<SocketException>(async () =>
        {
            while (await ReceiveAsync(buffer) > 0)
            {
            }
        });
        Assert.Equal(SocketError.ConnectionReset, reset.SocketErrorCode);
    }

    /// <summary>FIN or RST: the end, one way or the other.</summary>
    internal async Task SeesEndAsync()
    {
        try
        {
            await ReceiveToEndAsync();
        }
        catch (SocketException exception) when (exception.SocketErrorCode == SocketError.ConnectionReset)
        {
        }
    }

    internal void Finish() => _socket.Shutdown(SocketShutdown.Send);

    internal void Reset()
    {
        _socket.LingerState = new LingerOption(true, 0);
        _socket.Dispose();
    }

    public void Dispose() => _socket.Dispose();

    private async Task<int> ReceiveAsync(Memory<byte> buffer)
    {
        using var deadline = new CancellationTokenSource(Eventually.Patience);
        return await _socket.ReceiveAsync(buffer, SocketFlags.None, deadline.Token);
    }
}
