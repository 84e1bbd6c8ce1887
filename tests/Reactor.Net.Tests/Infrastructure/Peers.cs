using System.Net;
using System.Net.Sockets;

namespace Reactor.Net.Tests;

/// <summary>The other side of a connection: plain sockets, served by .NET's own threads.</summary>
internal static class Peers
{
    internal static readonly IPEndPoint AnyLoopbackPort = new(IPAddress.Loopback, 0);

    internal static Socket Create(IPEndPoint target) =>
        new(target.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };

    internal static async Task<Socket> ConnectAsync(IPEndPoint target, Action<Socket>? configure = null)
    {
        Socket peer = Create(target);
        try
        {
            configure?.Invoke(peer);
            await peer.ConnectAsync(target).WaitAsync(Eventually.Promptly);
            return peer;
        }
        catch
        {
            peer.Dispose();
            throw;
        }
    }

    /// <summary>Ends the connection with RST.</summary>
    internal static void Reset(this Socket peer)
    {
        peer.LingerState = new LingerOption(true, 0);
        peer.Close();
    }

    internal static void ShutdownSend(this Socket peer) => peer.Shutdown(SocketShutdown.Send);

    internal static async Task SendAllAsync(this Socket peer, ReadOnlyMemory<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            bytes = bytes[await peer.SendAsync(bytes, SocketFlags.None).AsTask().WaitAsync(Eventually.Patience)..];
        }
    }

    internal static async Task<byte[]> ReceiveExactlyAsync(this Socket peer, int count)
    {
        byte[] bytes = new byte[count];
        for (int received = 0; received < count;)
        {
            int more = await peer.ReceiveAsync(bytes.AsMemory(received)).AsTask().WaitAsync(Eventually.Patience);
            Assert.True(more > 0, $"the connection ended after {received} of {count} bytes");
            received += more;
        }

        return bytes;
    }

    /// <summary>Everything until FIN.</summary>
    internal static async Task<byte[]> ReceiveToEndAsync(this Socket peer)
    {
        var bytes = new MemoryStream();
        byte[] buffer = new byte[64 * 1024];
        while (await peer.ReceiveAsync(buffer).WaitAsync(Eventually.Patience) is var count and > 0)
        {
            bytes.Write(buffer, 0, count);
        }

        return bytes.ToArray();
    }

    internal static async Task AssertSeesFinAsync(this Socket peer) =>
        Assert.Equal(0, await peer.ReceiveAsync(new byte[1]).WaitAsync(Eventually.Promptly));

    internal static async Task AssertSeesResetAsync(this Socket peer)
    {
        SocketException exception = await Assert.ThrowsAsync<SocketException>(
            async () =>
            {
                while (await peer.ReceiveAsync(new byte[4096]).WaitAsync(Eventually.Promptly) > 0)
                {
                }
            });
        Assert.Equal(SocketError.ConnectionReset, exception.SocketErrorCode);
    }

    /// <summary>For a server that resets at once: the reset may come before the connect has ended, or after it.</summary>
    internal static async Task AssertConnectIsResetAsync(IPEndPoint target)
    {
        SocketException exception = await Assert.ThrowsAsync<SocketException>(async () =>
        {
            using Socket peer = await ConnectAsync(target);
            await peer.ReceiveAsync(new byte[1]).WaitAsync(Eventually.Promptly);
        });
        Assert.Equal(SocketError.ConnectionReset, exception.SocketErrorCode);
    }
}
