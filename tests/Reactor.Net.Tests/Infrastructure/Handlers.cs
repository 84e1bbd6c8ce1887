namespace Reactor.Net.Tests;

/// <summary>Handlers that several tests serve with.</summary>
internal static class Handlers
{
    /// <summary>Sends back what it receives, until the peer has finished.</summary>
    internal static async Task EchoAsync(TcpConnection connection)
    {
        byte[] buffer = new byte[4_096];
        while (await connection.ReceiveAsync(buffer) is var received and > 0)
        {
            await connection.SendAsync(buffer.AsMemory(0, received));
        }
    }

    internal static async Task AssertEchoesAsync(System.Net.Sockets.Socket peer, string text = "ping")
    {
        byte[] bytes = System.Text.Encoding.UTF8.GetBytes(text);
        await peer.SendAllAsync(bytes);
        Assert.Equal(bytes, await peer.ReceiveExactlyAsync(bytes.Length));
    }
}
