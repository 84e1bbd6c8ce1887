namespace Reactor.Net.Tests;

/// <summary>Handlers that several tests serve with.</summary>
internal static class Handlers
{
    /// <summary>Sends back what it receives, until the peer has finished.</summary>
    internal static async Task EchoAsync(StreamConnection connection)
    {
        byte[] buffer = new byte[4_096];
        while (await connection.ReceiveAsync(buffer) is var received and > 0)
        {
            await connection.SendAsync(buffer.AsMemory(0, received));
        }
    }

    /// <summary>Tells the peer on which shard it is, and waits for the end.</summary>
    internal static async Task TellShardAsync(StreamConnection connection)
    {
        Assert.Same(Shard.Current, connection.Shard);
        await connection.SendAsync(new[] { (byte)connection.Shard.Id });
        await connection.ReceiveAsync(new byte[1]);
    }

    /// <summary>The shard that serves a peer with <see cref="TellShardAsync"/>.</summary>
    internal static async Task<int> AskShardAsync(System.Net.Sockets.Socket peer) => (await peer.ReceiveExactlyAsync(1))[0];

    internal static async Task AssertEchoesAsync(System.Net.Sockets.Socket peer, string text = "ping")
    {
        byte[] bytes = System.Text.Encoding.UTF8.GetBytes(text);
        await peer.SendAllAsync(bytes);
        Assert.Equal(bytes, await peer.ReceiveExactlyAsync(bytes.Length));
    }
}
