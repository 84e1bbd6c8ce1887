using System.Buffers;
using System.IO.Pipelines;

namespace Reactor.Net.Tests.Pipelines;

/// <summary>Tests of a connection that has been made a pipe, with a plain socket at the other end. All blocks have come back when the connection is closed.</summary>
public abstract class PipeTest : ShardTest
{
    private protected static Task<PipePair> PipeAsync(Action<ConnectionPipeOptions>? configure = null, int blockSize = 4_096) =>
        PipePair.CreateAsync(narrow: false, configure, blockSize);

    /// <summary>Little is in flight, so that a flush is soon pending.</summary>
    private protected static Task<PipePair> NarrowPipeAsync(Action<ConnectionPipeOptions>? configure = null) =>
        PipePair.CreateAsync(narrow: true, configure);

    /// <summary>Reads until so many bytes have come, and consumes them.</summary>
    private protected static async Task<byte[]> ReadAsync(PipeReader reader, int count)
    {
        ReadResult result = await reader.ReadAtLeastAsync(count);
        byte[] bytes = result.Buffer.Slice(0, count).ToArray();
        reader.AdvanceTo(result.Buffer.GetPosition(count));
        return bytes;
    }

    /// <summary>The system calls for connections that the shard makes meanwhile.</summary>
    private protected async Task<long> CountCallsAsync(Func<Task> body)
    {
        long before = Shard.Counters.IoCalls;
        await body();
        return Shard.Counters.IoCalls - before;
    }
}

/// <summary>A connection of the current shard as a pipe, and the plain socket at its other end.</summary>
internal sealed class PipePair : IDisposable
{
    private readonly Pair _pair;

    private PipePair(Pair pair, LeakCheckingPool pool, ConnectionPipe pipe)
    {
        _pair = pair;
        Pool = pool;
        Pipe = pipe;
    }

    internal TcpConnection Ours => _pair.Ours;

    internal System.Net.Sockets.Socket Peer => _pair.Peer;

    internal LeakCheckingPool Pool { get; }

    internal ConnectionPipe Pipe { get; }

    internal PipeReader Input => Pipe.Input;

    internal PipeWriter Output => Pipe.Output;

    internal static async Task<PipePair> CreateAsync(bool narrow, Action<ConnectionPipeOptions>? configure, int blockSize = 4_096)
    {
        Pair pair = narrow ? await Pair.AcceptNarrowAsync() : await Pair.AcceptAsync();
        var pool = new LeakCheckingPool(blockSize);
        var options = new ConnectionPipeOptions { Pool = pool };
        configure?.Invoke(options);
        return new PipePair(pair, pool, pair.Ours.AsPipe(options));
    }

    /// <summary>Sends from the peer, and waits until it can be read here.</summary>
    internal async Task SendAsync(byte[] bytes) => await Peer.SendAllAsync(bytes);

    public void Dispose()
    {
        Ours.Abort();
        Peer.Dispose();
        Input.Complete();
        Output.Complete();
        Assert.Equal(0, Pool.Rented);
    }
}
