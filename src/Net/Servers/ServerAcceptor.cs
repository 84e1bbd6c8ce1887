using Reactor.Kernel;
using Reactor.Timers;

namespace Reactor.Net;

/// <summary>
/// Accepts what comes in on one listener of a <see cref="ConnectionServer{TConnection}"/>, and gives each connection to the shard that is to
/// serve it. It lives on its listener's shard.
/// </summary>
internal sealed class ServerAcceptor<TConnection> : IPlaceWaiter
    where TConnection : StreamConnection
{
    /// <summary>How long accepting pauses when the process is out of descriptors: long enough not to spin, short enough not to be noticed.</summary>
    private static readonly TimeSpan s_retryDelay = TimeSpan.FromMilliseconds(100);

    private static readonly Action<object?> s_accept = static acceptor => _ = ((ServerAcceptor<TConnection>)acceptor!).AcceptAllAsync(hasPlace: false);
    private static readonly Action<object?> s_acceptInPlace = static acceptor => _ = ((ServerAcceptor<TConnection>)acceptor!).AcceptAllAsync(hasPlace: true);

    private readonly ConnectionListener<TConnection> _listener;
    private readonly ConnectionDistribution _distribution;
    private readonly ServerShard<TConnection> _own;
    private readonly ServerShard<TConnection>[] _all;
    private readonly ConnectionLimit? _limit;
    private readonly SchedulingGroup _group;
    private readonly AcceptIncident _incident;
    private readonly RetryTimer _retryTimer;

    // Accepting has failed, and is tried again by the timer or when a connection ends.
    private bool _isPaused;

    // Takes part in the incident.
    private bool _isInIncident;

    // Whose turn it is; where others have fewer connections, the first of those from here on.
    private int _next;
    private long _errors;
    private long _limitPauses;

    internal ServerAcceptor(ConnectionListener<TConnection> listener, ServerShard<TConnection>[] all, ConnectionDistribution distribution, ConnectionLimit? limit, SchedulingGroup group, AcceptIncident incident)
    {
        _listener = listener;
        _distribution = distribution;
        _all = all;
        _own = all[listener.Shard.Id];
        _limit = limit;
        _group = group;
        _incident = incident;
        _retryTimer = new RetryTimer(this);
    }

    /// <summary>Times that accepting failed. Safe on any thread.</summary>
    internal long Errors => Volatile.Read(ref _errors);

    /// <summary>Times that there was no place for another connection. Safe on any thread.</summary>
    internal long LimitPauses => Volatile.Read(ref _limitPauses);

    private Shard Shard => _listener.Shard;

    internal void Start() => RunInGroup(s_accept);

    /// <summary>Stops listening.</summary>
    internal void Stop()
    {
        _isPaused = false;
        Shard.Timers.Cancel(_retryTimer);
        _listener.Dispose();
    }

    /// <summary>A connection has ended on this shard, so that there may be a descriptor again.</summary>
    internal void OnConnectionEnded()
    {
        if (_isPaused)
        {
            Shard.Timers.Cancel(_retryTimer);
            Retry();
        }
    }

    /// <summary>By the limit, on any thread: brings the place that this acceptor waits for to its shard.</summary>
    public void GivePlace()
    {
        try
        {
            Shard.Post(static acceptor => acceptor.RunInGroup(s_acceptInPlace), this);
        }
        catch (ObjectDisposedException)
        {
            // The shard has stopped, and the host's other shards stop with it: nobody is left who needs the place.
        }
    }

    /// <summary>Accepts until there is a reason to pause: no place, no descriptor, no listener any more.</summary>
    /// <param name="hasPlace">A place was given for the first connection. If the listener is closed by then, the whole server stops, and nobody needs it any more.</param>
    private async Task AcceptAllAsync(bool hasPlace)
    {
        try
        {
            // A handler that ran meanwhile may have stopped the server, and then the socket's number may be somebody else's.
            while (!_listener.IsClosed && (hasPlace || TryTakePlace()))
            {
                hasPlace = false;
                SysResult result = _listener.TryAccept(out AcceptedSocket socket);
                if (!result.IsError)
                {
                    Choose(socket).Take(socket, _listener);
                    if (!Shard.SliceIsOver)
                    {
                        continue;
                    }
                }
                else
                {
                    _limit?.GiveBack();
                    if (!result.WouldBlock)
                    {
                        throw _listener.AcceptError(result.Errno);
                    }

                    LeaveIncident();
                }

                await _listener.WaitForConnectionAsync();
            }
        }
        catch (Exception) when (_listener.IsClosed)
        {
            // The server stops, or its shard.
        }
        catch (Exception exception)
        {
            // Whatever it was (without descriptors, the runtime cannot even load what its exceptions need), the server
            // must not stop accepting for ever.
            Pause(exception);
        }
    }

    private bool TryTakePlace()
    {
        if (_limit is null || _limit.TryTake(this))
        {
            return true;
        }

        _limitPauses++;
        return false;
    }

    private ServerShard<TConnection> Choose(AcceptedSocket socket) => _distribution switch
    {
        ConnectionDistribution.LeastConnections => LeastLoaded(),
        ConnectionDistribution.RoundRobin => NextInTurn(),
        ConnectionDistribution.ClientPort => _all[socket.Peer.Port % _all.Length],
        _ => _own,
    };

    private ServerShard<TConnection> LeastLoaded()
    {
        int least = 0;
        long fewest = long.MaxValue;
        for (int i = 0; i < _all.Length; i++)
        {
            int candidate = (_next + i) % _all.Length;
            if (_all[candidate].Connections < fewest)
            {
                least = candidate;
                fewest = _all[candidate].Connections;
            }
        }

        _next = (least + 1) % _all.Length;
        return _all[least];
    }

    private ServerShard<TConnection> NextInTurn()
    {
        ServerShard<TConnection> next = _all[_next];
        _next = (_next + 1) % _all.Length;
        return next;
    }

    /// <summary>
    /// Out of descriptors or memory: those connected are served on, the other shards accept if they can, and this one
    /// tries again after a while, or when a connection of its own ends.
    /// </summary>
    private void Pause(Exception exception)
    {
        _errors++;
        _isPaused = true;
        Shard.ArmTimer(_retryTimer, s_retryDelay);
        if (!_isInIncident)
        {
            _isInIncident = true;
            if (_incident.Enter())
            {
                Shard.ReportUnhandled(exception);
            }
        }
    }

    /// <summary>The kernel looks for a descriptor before it looks for a connection: so "nobody waits" says that there was one.</summary>
    private void LeaveIncident()
    {
        if (_isInIncident)
        {
            _isInIncident = false;
            _incident.Leave();
        }
    }

    private void Retry()
    {
        if (_isPaused)
        {
            _isPaused = false;
            RunInGroup(s_accept);
        }
    }

    /// <summary>Whoever calls, it is the server's group that accepts, and that handlers run in.</summary>
    private void RunInGroup(Action<object?> callback) => Shard.Schedule(_group, callback, this);

    /// <summary>The shard's own timer: the runtime's may need a thread, which needs a descriptor.</summary>
    private sealed class RetryTimer(ServerAcceptor<TConnection> acceptor) : TimerEntry
    {
        internal override void OnDue() => acceptor.Retry();
    }
}
