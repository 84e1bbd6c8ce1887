using Reactor.Kernel;
using Reactor.Polling;
using Reactor.Shards;

namespace Reactor.Tests.Support;

/// <summary>The smallest operation there is: waits for an eventfd and takes its count.</summary>
internal sealed class EventOperation : ShardOperation<ulong>
{
    private readonly int _fd;
    private readonly int _handle;

    internal EventOperation()
        : this(Shard.Current!, Descriptors.EventFd())
    {
    }

    private EventOperation(Shard shard, int fd)
        : this(shard, fd, shard.Polls.Register(fd))
    {
    }

    private EventOperation(Shard shard, int fd, int handle)
        : base(shard, handle, PollDirection.Read)
    {
        _fd = fd;
        _handle = handle;
    }

    /// <summary>Called in each attempt, before the descriptor is read.</summary>
    internal Action<int>? OnAttempt { get; set; }

    internal int Releases { get; private set; }

    internal ValueTask<ulong> WaitAsync(CancellationToken cancellationToken = default)
    {
        Start(cancellationToken);
        return Future;
    }

    internal ValueTask WaitWithoutResultAsync(CancellationToken cancellationToken = default)
    {
        Start(cancellationToken);
        return VoidFuture;
    }

    /// <summary>The first attempt is made in the next turn, without a poll before it.</summary>
    internal ValueTask<ulong> WaitReadyAsync(CancellationToken cancellationToken = default)
    {
        BeginReady(cancellationToken);
        return Future;
    }

    /// <summary>From any thread.</summary>
    internal void Signal() => Descriptors.Signal(_fd);

    internal ulong Take() => Descriptors.Take(_fd);

    /// <summary>On the shard, when nothing is pending.</summary>
    internal void Close() => Shard.Polls.Close(_handle, CloseMode.Cancel);

    protected override void Attempt(int pollResult)
    {
        OnAttempt?.Invoke(pollResult);
        ulong count = Descriptors.Take(_fd);
        if (count > 0)
        {
            Complete(count);
        }
        else if (pollResult < 0)
        {
            Fail(new IOException(Errno.Describe(-pollResult)));
        }
        else
        {
            Arm();
        }
    }

    protected override void Release() => Releases++;

    private void Start(CancellationToken cancellationToken)
    {
        if (IsBusy)
        {
            throw new InvalidOperationException("busy");
        }

        Arm();
        Begin(cancellationToken);
    }
}
