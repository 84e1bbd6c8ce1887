using Reactor.Net;

namespace Reactor.Samples.Http;

/// <summary>What the connections of one shard share: buffers, the date, and the clock that ends those that take too long.</summary>
internal sealed class HttpShard : IDisposable
{
    private readonly List<HttpConnection> _connections = [];
    private readonly CancellationTokenSource _stopClock = new();

    private long _requests;
    private bool _observesStop;

    internal HttpShard(HttpLimits limits, HttpTimeouts timeouts)
    {
        Limits = limits;
        Timeouts = timeouts;
        Buffers = new BufferPool(Math.Max(limits.MaxHeadBytes, BufferPool.MinimumSize));
        Date = new HttpDate(DateTimeOffset.UtcNow);
        RunClock(_stopClock.Token);
    }

    internal HttpLimits Limits { get; }

    internal HttpTimeouts Timeouts { get; }

    internal BufferPool Buffers { get; }

    internal HttpDate Date { get; }

    /// <summary>Milliseconds on the coarse clock; moves once a tick.</summary>
    internal long Now { get; private set; } = Environment.TickCount64;

    /// <summary>The server is stopping: each connection ends with its next answer.</summary>
    internal bool IsDraining { get; private set; }

    /// <summary>Requests answered. Safe to read on any thread.</summary>
    internal long Requests => Volatile.Read(ref _requests);

    internal void CountRequest() => _requests++;

    /// <summary>Ends the clock. On any thread, and as often as one likes.</summary>
    public void Dispose()
    {
        if (!_stopClock.IsCancellationRequested)
        {
            _stopClock.Cancel();
            _stopClock.Dispose();
        }
    }

    /// <summary>Serves one connection until it ends.</summary>
    internal async Task ServeAsync(TcpConnection tcp, CancellationToken stopping)
    {
        var connection = new HttpConnection(this, tcp) { Index = _connections.Count };
        _connections.Add(connection);
        if (!_observesStop)
        {
            // One token for all connections of the shard.
            _observesStop = true;
            stopping.UnsafeRegister(static shard => ((HttpShard)shard!).Drain(), this);
        }

        try
        {
            await connection.RunAsync();
        }
        finally
        {
            Remove(connection);
        }
    }

    /// <summary>Idle connections end now, the others with their next answer.</summary>
    private void Drain()
    {
        IsDraining = true;
        foreach (HttpConnection connection in _connections)
        {
            connection.EndIfIdle();
        }
    }

    private void Remove(HttpConnection connection)
    {
        HttpConnection last = _connections[^1];
        _connections[connection.Index] = last;
        last.Index = connection.Index;
        _connections.RemoveAt(_connections.Count - 1);
    }

    // Nobody awaits it: as async void, whatever should ever leave it is told to the host's UnhandledException.
    private async void RunClock(CancellationToken stop)
    {
        try
        {
            while (true)
            {
                await Shard.Delay(Timeouts.Tick, stop);
                Now = Environment.TickCount64;
                Date.Update(DateTimeOffset.UtcNow);
                foreach (HttpConnection connection in _connections)
                {
                    connection.EndIfOverdue();
                }
            }
        }
        catch (Exception exception) when (exception is OperationCanceledException or ObjectDisposedException)
        {
            // The server has stopped, or its shard.
        }
    }
}
