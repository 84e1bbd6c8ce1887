using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Reactor.Shards;
using Reactor.Timers;

namespace Reactor.Net;

/// <summary>
/// Tries several addresses, each beginning a little after the one before or as soon as one fails, and takes the connection
/// that is there first ("happy eyeballs", RFC 8305). It is itself the future that is awaited, once; however that ends, all
/// other attempts are aborted before its awaiter is resumed.
/// </summary>
internal sealed class ConnectRace : ShardWait<TcpConnection>
{
    private static readonly Action<object?> s_onDelayOver = static race => ((ConnectRace)race!).OnDelayOver();

    private readonly string _attempt;
    private readonly IReadOnlyList<IPEndPoint> _endPoints;
    private readonly TcpConnectionOptions _options;
    private readonly TimeSpan _delay;
    private readonly DelayTimer _delayTimer;

    // Attempts that have neither succeeded nor failed.
    private readonly List<TcpConnection> _pending = [];
    private readonly List<SocketException> _errors = [];
    private int _next;
    private bool _isBeginning;

    // The delay is over, and the next attempt stands in the run queue. Another failure may have begun it before that.
    private bool _isNextDue;

    /// <param name="shard">The current shard.</param>
    /// <param name="attempt">What is tried, as messages say it.</param>
    /// <param name="endPoints">In the order in which they are to be tried; at least one.</param>
    /// <param name="options">Read now, but for how sockets are set.</param>
    internal ConnectRace(Shard shard, string attempt, IReadOnlyList<IPEndPoint> endPoints, TcpConnectorOptions options)
        : base(shard)
    {
        _attempt = attempt;
        _endPoints = endPoints;
        _options = options.Connection;
        _delay = options.AttemptDelay;
        _delayTimer = new DelayTimer(this);
    }

    /// <summary>The addresses that failed, in the order in which they did.</summary>
    internal IReadOnlyList<SocketException> Errors => _errors;

    /// <summary>The addresses that were being tried when the race was given up.</summary>
    internal IReadOnlyList<IPEndPoint> Unanswered { get; private set; } = [];

    internal ValueTask<TcpConnection> Run(CancellationToken cancellationToken)
    {
        Begin(Timeout.InfiniteTimeSpan, cancellationToken);
        BeginNext();
        return Future;
    }

    protected override void OnTime() => throw new UnreachableException("the race has no time limit of its own: its token has one");

    /// <summary>Cancelled, or the shard stops.</summary>
    protected override void OnAbandoned()
    {
        Unanswered = [.. _pending.Select(static connection => connection.RemoteEndPoint!)];
        EndAttempts();
    }

    protected override void OnTaken()
    {
    }

    /// <summary>Begins the next attempt; and, as long as they fail on the spot, those after it.</summary>
    private void BeginNext()
    {
        if (_isBeginning)
        {
            // An attempt has failed on the spot: the loop goes on, rather than one of its own that is nested in it.
            return;
        }

        StopDelay();
        _isBeginning = true;
        while (IsPending && _next < _endPoints.Count && !TryBegin(_endPoints[_next++]))
        {
        }

        _isBeginning = false;
        if (IsPending && _pending.Count == 0)
        {
            Fail(TcpConnectException.AllFailed(_attempt, _errors));
        }
    }

    /// <summary>False if the attempt has ended already.</summary>
    private bool TryBegin(IPEndPoint endPoint)
    {
        TcpConnection connection;
        try
        {
            connection = TcpConnector.Open(Shard, endPoint, _options);
        }
        catch (SocketException exception)
        {
            _errors.Add(exception);
            return false;
        }
        catch (Exception exception)
        {
            Abandon(exception);
            return false;
        }

        _pending.Add(connection);
        if (ConnectAsync(connection).IsCompleted)
        {
            return false;
        }

        if (_next < _endPoints.Count && _delay != Timeout.InfiniteTimeSpan)
        {
            Shard.ArmTimer(_delayTimer, _delay);
        }

        return true;
    }

    /// <remarks>An attempt that comes to its end after the race has been aborted by it, and is ignored.</remarks>
    private async Task ConnectAsync(TcpConnection connection)
    {
        try
        {
            await connection.ConnectAsync(CancellationToken.None);
            if (IsPending)
            {
                _pending.Remove(connection);
                EndAttempts();
                Complete(connection);
            }
        }
        catch (SocketException exception)
        {
            if (IsPending)
            {
                _pending.Remove(connection);
                connection.Abort();
                _errors.Add(exception);
                BeginNext();
            }
        }
        catch (Exception exception)
        {
            if (IsPending)
            {
                Abandon(exception);
            }
        }
    }

    private void OnDelayOver()
    {
        if (_isNextDue)
        {
            BeginNext();
        }
    }

    private void EndAttempts()
    {
        StopDelay();
        foreach (TcpConnection connection in _pending)
        {
            connection.Abort();
        }

        _pending.Clear();
    }

    private void StopDelay()
    {
        _isNextDue = false;
        if (_delayTimer.IsArmed)
        {
            Shard.Timers.Cancel(_delayTimer);
        }
    }

    private sealed class DelayTimer(ConnectRace race) : TimerEntry
    {
        internal override void OnDue()
        {
            race._isNextDue = true;
            race.Queue.Enqueue(s_onDelayOver, race);
        }
    }
}
