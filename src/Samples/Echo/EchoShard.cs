using Reactor.Net;

namespace Reactor.Samples.Echo;

/// <summary>What one shard does, and counts: nothing here is shared with the other shards.</summary>
internal sealed class EchoShard
{
    private const int BufferSize = 16 * 1024;

    private long _echoes;

    /// <summary>Safe to read on any thread.</summary>
    internal long Echoes => Volatile.Read(ref _echoes);

    internal async Task ServeAsync(TcpConnection connection, CancellationToken stopping)
    {
        // When the server stops, what has arrived is still echoed, and then the connection ends as if the peer had.
        using CancellationTokenRegistration registration = stopping.UnsafeRegister(static connection => ((TcpConnection)connection!).ShutdownReceive(), connection);

        byte[] buffer = GC.AllocateUninitializedArray<byte>(BufferSize);
        while (await connection.ReceiveAsync(buffer) is var received and > 0)
        {
            await connection.SendAsync(buffer.AsMemory(0, received));
            _echoes++;
        }
    }
}
