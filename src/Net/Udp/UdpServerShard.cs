using System.Diagnostics.CodeAnalysis;
using System.Net.Sockets;

namespace Reactor.Net;

/// <summary>The part of a <see cref="UdpServer"/> that lives on one shard: a socket, and the handler that serves it.</summary>
[SuppressMessage("Design", "CA1001", Justification = "The token source has no timer and no handle; there is nothing to give back.")]
internal sealed class UdpServerShard
{
    /// <summary>How long a handler may go on after its socket was closed before stopping no longer waits for it.</summary>
    private static readonly TimeSpan s_handlerGrace = TimeSpan.FromSeconds(5);

    private static readonly Action<object?> s_serve = static shard => _ = ((UdpServerShard)shard!).ServeAsync();

    private readonly Func<UdpSocket, CancellationToken, Task> _handler;
    private readonly SchedulingGroup _group;
    private readonly CancellationTokenSource _stopping = new();
    private readonly CancellationToken _stoppingToken;
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private UdpSocket? _socket;
    private bool _isServing;

    internal UdpServerShard(Shard shard, Func<UdpSocket, CancellationToken, Task> handler, SchedulingGroup group)
    {
        Shard = shard;
        _handler = handler;
        _group = group;
        _stoppingToken = _stopping.Token;
    }

    internal Shard Shard { get; }

    /// <summary>On the shard: has its socket, which nobody reads yet.</summary>
    internal void Take(SharedUdpPort port) => _socket = port.Take(Shard.Id, Shard);

    /// <summary>On the shard: begins to serve.</summary>
    internal void Start()
    {
        _isServing = true;
        Shard.Schedule(_group, s_serve, this);
    }

    /// <summary>On the shard: tells the handler, waits for it until the deadline, then closes its socket.</summary>
    internal async Task StopAsync(CancellationToken deadline)
    {
        if (!_isServing)
        {
            // Of a start that has failed.
            _socket?.Dispose();
            return;
        }

        try
        {
            // What the handler has registered with the token runs here and now, on its shard.
            _stopping.Cancel();
        }
        catch (AggregateException exception)
        {
            Shard.ReportUnhandled(exception);
        }

        try
        {
            await _ended.Task.WaitAsync(deadline);
        }
        catch (OperationCanceledException)
        {
            await Shard.InvokeAsync(_socket!.Dispose, CancellationToken.None);
            await Task.WhenAny(_ended.Task, Task.Delay(s_handlerGrace, CancellationToken.None));
        }
    }

    private async Task ServeAsync()
    {
        Exception? failure = null;
        try
        {
            Shard.NowRuns(_handler);
            await _handler(_socket!, _stoppingToken);
        }
        catch (Exception exception)
        {
            failure = exception;
        }

        // The handler may have left the shard with its last await, with no synchronization context to bring us home.
        if (Shard.IsOnShard || !TryPostFinish(failure))
        {
            Finish(failure);
        }
    }

    /// <summary>False when the shard has stopped, and has closed what it held.</summary>
    private bool TryPostFinish(Exception? failure)
    {
        try
        {
            Shard.Post(static end => end.Of.Finish(end.Failure), (Of: this, Failure: failure));
            return true;
        }
        catch (ObjectDisposedException)
        {
            return false;
        }
    }

    /// <summary>On the shard; on any thread once that has stopped, and then the socket is closed already.</summary>
    private void Finish(Exception? failure)
    {
        bool isOfTheStop = failure is OperationCanceledException ? _stoppingToken.IsCancellationRequested : _socket!.IsClosed && failure is SocketException or ObjectDisposedException;
        _socket!.Dispose();
        if (failure is not null && !isOfTheStop)
        {
            Shard.ReportUnhandled(failure);
        }

        _ended.TrySetResult();
    }
}
