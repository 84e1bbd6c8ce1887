using System.Runtime.InteropServices;
using Reactor.Kernel;
using Reactor.Polling;

namespace Reactor.Shards;

/// <summary>
/// A poll of a descriptor that belongs to somebody else. It polls a duplicate, which is its own to close: so the owner may
/// close theirs at any time, and several may wait for one file, which an epoll set would refuse.
/// </summary>
internal sealed class DescriptorPoll : ShardObject, IDisposable
{
    private readonly int _handle;
    private readonly Operation _operation;
    private bool _isClosed;

    private DescriptorPoll(Shard shard, int fd, PollEvents events)
        : base(shard)
    {
        _handle = shard.Polls.RegisterFor(fd, (int)events);
        _operation = new Operation(shard, _handle, fd, events);
    }

    /// <exception cref="IOException">The handle is no file descriptor, or none is left for the duplicate.</exception>
    internal static DescriptorPoll Open(Shard shard, SafeHandle handle, PollEvents events)
    {
        int fd = FileDescriptor.Duplicate(handle).OrThrow($"duplicating file descriptor {handle.DangerousGetHandle()} to poll it");
        try
        {
            return new DescriptorPoll(shard, fd, events);
        }
        catch
        {
            FileDescriptor.Close(fd);
            throw;
        }
    }

    internal ValueTask<PollEvents> WaitAsync(CancellationToken cancellationToken) => _operation.Start(cancellationToken);

    public void Dispose()
    {
        if (!_isClosed)
        {
            _isClosed = true;
            Shard.Disown(this);
            Shard.Polls.Close(_handle, CloseMode.Cancel);
        }
    }

    internal override void AbortAtStop()
    {
        _operation.Abort(Shard.HasStoppedException());
        Dispose();
    }

    private sealed class Operation(Shard shard, int handle, int fd, PollEvents events) : ShardOperation<PollEvents>(shard, handle, PollDirection.Read)
    {
        internal ValueTask<PollEvents> Start(CancellationToken cancellationToken)
        {
            Arm();
            Begin(cancellationToken);
            return Future;
        }

        /// <remarks>That something has come is a hint; what it is, the kernel is asked.</remarks>
        protected override void Attempt(int pollResult)
        {
            SysResult result = pollResult < 0 ? SysResult.Failure(-pollResult) : FileDescriptor.Poll(fd, (short)events);
            Shard.Counters.IoCalls++;
            if (result.IsError)
            {
                Fail(new IOException($"polling a file descriptor for {events} failed: {Errno.Describe(result.Errno)}."));
            }
            else if (result.Value == 0)
            {
                Arm();
            }
            else
            {
                Complete((PollEvents)result.Value);
            }
        }
    }
}
