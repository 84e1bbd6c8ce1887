using System.Runtime.CompilerServices;

namespace Reactor.Scheduling;

/// <summary>A piece of work that is ready to run on the shard.</summary>
/// <param name="Callback">What to run.</param>
/// <param name="State">What it is given.</param>
internal readonly record struct WorkItem(Action<object?> Callback, object? State);

/// <summary>First in, first out: a ring of structs that grows and never shrinks. For one thread.</summary>
internal sealed class RunQueue
{
    private WorkItem[] _items;
    private int _head;
    private int _count;

    /// <param name="capacity">To begin with; a power of two.</param>
    internal RunQueue(int capacity = 256) => _items = new WorkItem[capacity];

    internal int Count => _count;

    /// <remarks>Hot path.</remarks>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal void Enqueue(Action<object?> callback, object? state)
    {
        if (_count == _items.Length)
        {
            Grow();
        }

        _items[(_head + _count++) & (_items.Length - 1)] = new WorkItem(callback, state);
    }

    /// <summary>Takes the oldest item; the queue must not be empty.</summary>
    /// <remarks>Hot path.</remarks>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal WorkItem Dequeue()
    {
        ref WorkItem place = ref _items[_head];
        WorkItem item = place;
        place = default;
        _head = (_head + 1) & (_items.Length - 1);
        _count--;
        return item;
    }

    private void Grow()
    {
        var larger = new WorkItem[_items.Length * 2];
        int tail = _items.Length - _head;
        Array.Copy(_items, _head, larger, 0, tail);
        Array.Copy(_items, 0, larger, tail, _head);
        _items = larger;
        _head = 0;
    }
}
