using Reactor.Shards;

namespace Reactor.Primitives;

/// <summary>What a loop over asynchronous bodies knows of those under way: how many may still start, and what has failed.</summary>
internal sealed class ParallelBodies
{
    private readonly int _maxConcurrency;
    private readonly ShardSemaphore _places;
    private readonly CancellationTokenSource _cancellation;
    private readonly CancellationToken _callersToken;
    private List<Exception>? _failures;
    private bool _wasCutShort;

    internal ParallelBodies(int maxConcurrency, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(maxConcurrency, 1);
        Shard = Shard.OfCaller("run a parallel loop");
        _maxConcurrency = maxConcurrency;
        _places = new ShardSemaphore(maxConcurrency);
        _callersToken = cancellationToken;
        _cancellation = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        Token = _cancellation.Token;
    }

    internal Shard Shard { get; }

    /// <summary>That of the loop's caller.</summary>
    internal SchedulingGroup Group { get; } = SchedulingGroup.Current;

    /// <summary>To be awaited by code of the loop that a source may have led elsewhere.</summary>
    internal ReturnToShard ReturnHome => new(Shard, Group);

    /// <summary>Fires when the caller's does, and when something has failed.</summary>
    internal CancellationToken Token { get; }

    /// <summary>Takes a place for a body; the end of the body gives it back.</summary>
    internal ValueTask WaitForPlaceAsync() => _places.WaitAsync();

    /// <summary>Whether bodies may start: not if the caller has cancelled, or something has failed.</summary>
    internal bool MayStart()
    {
        _wasCutShort |= Token.IsCancellationRequested;
        return !_wasCutShort;
    }

    /// <summary>A body has been started: takes note of its end, now or later.</summary>
    internal void Watch(ValueTask body)
    {
        if (body.IsCompletedSuccessfully)
        {
            body.GetAwaiter().GetResult();
            LeavePlace();
        }
        else
        {
            RunningBody.Watch(this, body);
        }
    }

    /// <summary>The body of a place has ended, or there is none for it.</summary>
    internal void LeavePlace() => _places.Signal();

    /// <summary>Something has failed: nothing more is to start.</summary>
    internal void OnFailed(Exception failure)
    {
        if (failure is OperationCanceledException && Token.IsCancellationRequested)
        {
            // It was told to end, by the caller or because of a failure that has been noted.
            _wasCutShort = true;
            return;
        }

        (_failures ??= []).Add(failure);
        try
        {
            _cancellation.Cancel();
        }
        catch (AggregateException exception)
        {
            // From what others have registered with the token: a failure like any other.
            _failures.Add(exception);
        }
    }

    /// <summary>Waits until all bodies have ended.</summary>
    internal ValueTask AllEndedAsync() => _places.WaitAsync(_maxConcurrency);

    /// <summary>Tells the caller how it went.</summary>
    internal void Finish(TaskCompletionSource done)
    {
        _cancellation.Dispose();
        if (_failures is not null)
        {
            done.SetException(_failures);
        }
        else if (_wasCutShort)
        {
            done.SetCanceled(_callersToken);
        }
        else
        {
            done.SetResult();
        }
    }
}
