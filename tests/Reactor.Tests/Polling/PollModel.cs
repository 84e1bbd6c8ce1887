using Reactor.Kernel;
using Reactor.Polling;
using Reactor.Tests.Support;
using Tmds.Linux;

namespace Reactor.Tests.Polling;

/// <summary>A socket pair, one end of it polled, and what is known of each direction: who waits, and whether a false hint may come.</summary>
internal sealed class PollModel
{
    private readonly AioPollBackend _backend;
    private readonly int _own;
    private readonly int _peer;
    private readonly int _handle;
    private readonly Direction[] _directions = [new() { Bit = LibC.POLLIN }, new() { Bit = LibC.POLLOUT }];

    internal PollModel(AioPollBackend backend)
    {
        _backend = backend;
        (_own, _peer) = Descriptors.Pair();
        _handle = backend.Register(_own);
    }

    /// <summary>Nobody waits for what poll(2) says is there.</summary>
    internal bool OwesNothing => Array.TrueForAll(
        _directions,
        direction => direction.Waiter is not { Count: 0 } || !IsReady(direction));

    /// <summary>The other end has not closed.</summary>
    internal bool HasPeer { get; private set; } = true;

    /// <summary>Somebody waits for what is not there.</summary>
    internal bool IsWaiting(PollDirection which) => _directions[(int)which] is { Waiter.Count: 0 } direction && !IsReady(direction);

    internal void Arm(PollDirection which)
    {
        Direction direction = _directions[(int)which];
        if (direction.Waiter is { Count: 0 })
        {
            return;
        }

        // An abandoned poll that is taken over may have seen what is gone by now.
        direction.MayBeFalse = direction.WasAbandoned;
        direction.WasAbandoned = false;
        direction.WasReady = IsReady(direction);
        direction.Waiter = new RecordingWaiter();
        _backend.Arm(_handle, which, direction.Waiter);
    }

    internal void Abandon(PollDirection which)
    {
        Direction direction = _directions[(int)which];
        _backend.Abandon(_handle, which);
        if (direction.Waiter is { Count: 0 })
        {
            direction.Abandoned.Add(direction.Waiter);
            direction.Waiter = null;
            direction.WasAbandoned = true;
        }
    }

    internal void WriteAtPeer() => _ = Sockets.Send(_peer, [1, 2, 3]);

    internal void DrainOwn()
    {
        NoteReadiness();
        while (Descriptors.Read(_own).Value > 0)
        {
        }
    }

    internal void FillOwn()
    {
        if (HasPeer)
        {
            NoteReadiness();
            Descriptors.Fill(_own);
        }
    }

    /// <summary>From now on both directions are ready, for good: there is an end to read, and no use in writing.</summary>
    internal void EndAtPeer()
    {
        HasPeer = false;
        Sockets.ShutdownBoth(_peer).OrThrow("shutdown");
    }

    internal void DrainPeer()
    {
        while (Descriptors.Read(_peer).Value > 0)
        {
        }
    }

    internal void Check()
    {
        foreach (Direction direction in _directions)
        {
            Assert.All(direction.Abandoned, waiter => Assert.Equal(0, waiter.Count));
            if (direction.Waiter is { Count: > 0 } told)
            {
                Assert.Equal(1, told.Count);
                Assert.True(told.Results[0] >= 0);
                Assert.True(direction.MayBeFalse || direction.WasReady || IsReady(direction), "told of what never was");
                direction.Waiter = null;
                direction.WasAbandoned = false;
            }

            if (direction.Abandoned.Count > 8)
            {
                direction.Abandoned.RemoveAt(0);
            }
        }
    }

    internal void Close(CloseMode mode)
    {
        Check();
        Abandon(PollDirection.Read);
        Abandon(PollDirection.Write);
        _backend.Close(_handle, mode);
        Descriptors.Close(_peer);
        Check();
    }

    /// <summary>What was ready until now, and may have been reported already, is about to be taken away.</summary>
    private void NoteReadiness()
    {
        foreach (Direction direction in _directions)
        {
            direction.WasReady |= IsReady(direction);
        }
    }

    private bool IsReady(Direction direction) => Descriptors.Poll(_own, direction.Bit) != 0;

    private sealed class Direction
    {
        internal required int Bit { get; init; }

        internal RecordingWaiter? Waiter { get; set; }

        internal List<RecordingWaiter> Abandoned { get; } = [];

        internal bool WasAbandoned { get; set; }

        internal bool MayBeFalse { get; set; }

        internal bool WasReady { get; set; }
    }
}
