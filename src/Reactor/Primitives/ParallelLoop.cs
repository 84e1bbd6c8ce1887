namespace Reactor.Primitives;

/// <summary>One run of a loop over asynchronous bodies: goes through the items and starts the bodies.</summary>
/// <remarks>
/// An item is asked for when there is a place for its body, so that none is taken out of a queue and then left. The items
/// may depend on what their enumerator holds: that is let go of after the last body.
/// </remarks>
internal sealed class ParallelLoop<T>(Func<T, CancellationToken, ValueTask> body, int maxConcurrency, CancellationToken cancellationToken)
{
    private readonly ParallelBodies _bodies = new(maxConcurrency, cancellationToken);

    // A task, because a task alone can tell its awaiter more than one exception.
    private readonly TaskCompletionSource _done = new();

    internal ValueTask RunAsync(IEnumerable<T> source)
    {
        _ = RunToEndAsync(source);
        return new ValueTask(_done.Task);
    }

    internal ValueTask RunAsync(IAsyncEnumerable<T> source)
    {
        _ = RunToEndAsync(source);
        return new ValueTask(_done.Task);
    }

    private async Task RunToEndAsync(IEnumerable<T> source)
    {
        try
        {
            using IEnumerator<T> items = source.GetEnumerator();
            do
            {
                await _bodies.WaitForPlaceAsync();
                await _bodies.Shard.YieldIfSliceIsOver();
            }
            while (TryStartNext(items));

            await _bodies.AllEndedAsync();
        }
        catch (Exception exception)
        {
            _bodies.OnFailed(exception);
        }

        _bodies.Finish(_done);
    }

    private async Task RunToEndAsync(IAsyncEnumerable<T> source)
    {
        try
        {
            await using IAsyncEnumerator<T> items = source.GetAsyncEnumerator(_bodies.Token);
            bool hasStarted;
            do
            {
                await _bodies.WaitForPlaceAsync();
                await _bodies.Shard.YieldIfSliceIsOver();
                hasStarted = false;
                try
                {
                    if (_bodies.MayStart() && await items.MoveNextAsync())
                    {
                        await _bodies.ReturnHome;
                        hasStarted = TryStart(items.Current);
                    }
                }
                catch (Exception exception)
                {
                    await _bodies.ReturnHome;
                    _bodies.OnFailed(exception);
                }

                if (!hasStarted)
                {
                    await _bodies.ReturnHome;
                    _bodies.LeavePlace();
                }
            }
            while (hasStarted);

            await _bodies.AllEndedAsync();
        }
        catch (Exception exception)
        {
            await _bodies.ReturnHome;
            _bodies.OnFailed(exception);
        }

        await _bodies.ReturnHome;
        _bodies.Finish(_done);
    }

    /// <summary>False when there are no more items, or none are to be asked for; the place has been given back then.</summary>
    private bool TryStartNext(IEnumerator<T> items)
    {
        try
        {
            if (_bodies.MayStart() && items.MoveNext() && TryStart(items.Current))
            {
                return true;
            }
        }
        catch (Exception exception)
        {
            _bodies.OnFailed(exception);
        }

        _bodies.LeavePlace();
        return false;
    }

    /// <summary>Starts a body, unless something has happened while the item was awaited. What it throws at once is the caller's to note.</summary>
    private bool TryStart(T item)
    {
        if (!_bodies.MayStart())
        {
            return false;
        }

        _bodies.Watch(body(item, _bodies.Token));
        return true;
    }
}
