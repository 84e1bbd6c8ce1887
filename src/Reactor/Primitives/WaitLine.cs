using System.Diagnostics;
using System.Runtime.ExceptionServices;

namespace Reactor.Primitives;

/// <summary>Those who wait for a primitive, first come first served: a list through the waiters themselves.</summary>
/// <remarks>Mutable: a field of its primitive, never copied.</remarks>
internal struct WaitLine<TWaiter, TResult>
    where TWaiter : Waiter<TWaiter, TResult>
{
    private TWaiter? _last;

    /// <summary>Whose turn is next; null when nobody waits.</summary>
    internal TWaiter? First { get; private set; }

    internal int Count { get; private set; }

    internal void Append(TWaiter waiter)
    {
        Debug.Assert(!waiter.IsInLine, "in one line at a time, once");
        waiter.IsInLine = true;
        waiter.PreviousInLine = _last;
        if (_last is null)
        {
            First = waiter;
        }
        else
        {
            _last.NextInLine = waiter;
        }

        _last = waiter;
        Count++;
    }

    internal void Remove(TWaiter waiter)
    {
        Debug.Assert(waiter.IsInLine, "removed twice");
        if (waiter.PreviousInLine is null)
        {
            First = waiter.NextInLine;
        }
        else
        {
            waiter.PreviousInLine.NextInLine = waiter.NextInLine;
        }

        if (waiter.NextInLine is null)
        {
            _last = waiter.PreviousInLine;
        }
        else
        {
            waiter.NextInLine.PreviousInLine = waiter.PreviousInLine;
        }

        waiter.NextInLine = waiter.PreviousInLine = null;
        waiter.IsInLine = false;
        Count--;
    }

    /// <summary>Ends all waits with one result. They resume through the run queue, in the order in which they came.</summary>
    internal void CompleteAll(TResult result)
    {
        while (First is { } waiter)
        {
            Remove(waiter);
            waiter.Complete(result);
        }
    }

    /// <summary>Ends all waits with one failure, which they share.</summary>
    internal void FailAll(ExceptionDispatchInfo error)
    {
        while (First is { } waiter)
        {
            Remove(waiter);
            waiter.Fail(error);
        }
    }
}
