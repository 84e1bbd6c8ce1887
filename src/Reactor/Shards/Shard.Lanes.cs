using System.Runtime.CompilerServices;
using Reactor.Shards;

namespace Reactor;

// What passes between the shards of a host: taken in and sent off once a turn, so that a batch costs one write to what is
// shared and one fence.
public sealed partial class Shard
{
    // By the id of the other shard; our own place is empty.
    private ShardLane[] _outgoing = [];

    // From every other shard.
    private ShardLane[] _incoming = [];

    // To be flushed: something was added, or something still waits for room.
    private ShardLane[] _dirty = [];
    private int _dirtyCount;

    // Of this turn: lanes that something was taken from, or that something was published in.
    private ShardLane[] _delivered = [];
    private int _deliveredCount;
    private ShardLane[] _published = [];

    // Calls of ours that other shards have, or that are on their way.
    private long _callsAway;

    // Async functions that run here for somebody else.
    private readonly HashSet<IUnfinishedCall> _unfinished = [];

    /// <summary>Gives the shard its lanes; once, before its thread starts.</summary>
    internal void Connect(ShardLane[] outgoing, ShardLane[] incoming)
    {
        _outgoing = outgoing;
        _incoming = incoming;
        _dirty = new ShardLane[incoming.Length];
        _delivered = new ShardLane[incoming.Length];
        _published = new ShardLane[incoming.Length];
    }

    /// <summary>Sends a call to another shard of the host; it will come home.</summary>
    internal void SendCall(Shard target, ShardWork call)
    {
        _callsAway++;
        call.Group = _currentQueue.Group;
        Send(target, call);
    }

    /// <summary>Sends a call home to the shard that it came from.</summary>
    internal void SendAnswer(Shard origin, ShardWork call) => Send(origin, call);

    /// <summary>One of ours has arrived.</summary>
    internal void CallIsHome() => _callsAway--;

    internal void BeginUnfinished(IUnfinishedCall call) => _unfinished.Add(call);

    /// <summary>False if it has been given up.</summary>
    internal bool EndUnfinished(IUnfinishedCall call) => _unfinished.Remove(call);

    private bool HasArrivals
    {
        get
        {
            foreach (ShardLane lane in _incoming)
            {
                if (lane.HasArrivals)
                {
                    return true;
                }
            }

            return false;
        }
    }

    /// <summary>There is room now for messages that wait for it.</summary>
    private bool CanSendWaiting
    {
        get
        {
            for (int i = 0; i < _dirtyCount; i++)
            {
                if (_dirty[i].CanGoOn)
                {
                    return true;
                }
            }

            return false;
        }
    }

    /// <summary>Messages that wait for room in lanes. Read from any thread.</summary>
    private long MessagesWaiting
    {
        get
        {
            long sum = 0;
            foreach (ShardLane? lane in _outgoing)
            {
                sum += lane?.Waiting ?? 0;
            }

            return sum;
        }
    }

    /// <remarks>Hot path.</remarks>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void Send(Shard receiver, ShardWork message)
    {
        ShardLane lane = _outgoing[receiver.Id];
        _counters.MessagesSent++;
        lane.Add(message);
        if (!lane.IsDirty)
        {
            lane.IsDirty = true;
            _dirty[_dirtyCount++] = lane;
        }
    }

    /// <summary>Requests and answers that have arrived become ready to run.</summary>
    private void TakeArrivals()
    {
        foreach (ShardLane lane in _incoming)
        {
            if (lane.HasArrivals)
            {
                _counters.MessagesReceived += lane.Deliver();
                _delivered[_deliveredCount++] = lane;
            }
        }
    }

    /// <summary>Lets the others see what this turn has sent, and wakes those that sleep.</summary>
    internal void FlushLanes()
    {
        if (_dirtyCount + _deliveredCount > 0)
        {
            FlushDirtyLanes();
        }
    }

    private void FlushDirtyLanes()
    {
        int published = 0;
        int stillDirty = 0;
        for (int i = 0; i < _dirtyCount; i++)
        {
            ShardLane lane = _dirty[i];
            if (lane.Publish())
            {
                _published[published++] = lane;
            }

            lane.IsDirty = lane.Waiting > 0;
            if (lane.IsDirty)
            {
                _dirty[stillDirty++] = lane;
            }
        }

        _dirtyCount = stillDirty;

        // One fence for all: what was published and what was freed is visible before we look who sleeps.
        Interlocked.MemoryBarrier();
        for (int i = 0; i < published; i++)
        {
            _published[i].Receiver.Wake();
        }

        for (int i = 0; i < _deliveredCount; i++)
        {
            if (_delivered[i].SenderIsWaiting)
            {
                _delivered[i].Sender.Wake();
            }
        }

        _deliveredCount = 0;
    }

    /// <summary>Ends what runs here for others and has not finished. They are told; the functions themselves go on if they can.</summary>
    private void GiveUpUnfinished()
    {
        foreach (IUnfinishedCall call in _unfinished)
        {
            call.GiveUp(HasStoppedException());
        }

        _unfinished.Clear();
    }
}
