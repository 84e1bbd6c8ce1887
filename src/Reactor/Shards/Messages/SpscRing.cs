using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Reactor.Shards;

/// <summary>
/// A bounded first-in first-out ring between two threads: one adds, the other takes. What was added is seen by the other
/// side once it is published, so that a batch costs one write to what both share.
/// </summary>
/// <remarks>
/// <see cref="Publish"/> stores the tail with release, so that the items before it are visible to whoever loads it with
/// acquire (<see cref="Take"/>, <see cref="HasItems"/>); <see cref="Free"/> stores the head with release, so that no item
/// is still being read when its place is used again. Neither is a full fence. Taken items stay referenced until their
/// place is used again: what travels here is pooled by its sender anyway.
/// </remarks>
internal sealed class SpscRing<T>
    where T : class
{
    // A struct, because storing into an array of references would check the element type each time.
    private readonly Place[] _places;
    private RingCursors _cursors;

    /// <param name="capacity">A power of two.</param>
    internal SpscRing(int capacity)
    {
        Debug.Assert(capacity > 0 && (capacity & (capacity - 1)) == 0, "places are found by masking");
        _places = new Place[capacity];
    }

    /// <summary>Taker: is anything published that has not been taken?</summary>
    internal bool HasItems
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => Volatile.Read(ref _cursors.Tail) != _cursors.Head;
    }

    /// <summary>Adder: is there a place? Looks at what the other side has freed.</summary>
    internal bool HasRoom => _cursors.Added - Volatile.Read(ref _cursors.Head) < (uint)_places.Length;

    /// <summary>Adder: puts an item into the next place, unpublished; false when the ring is full.</summary>
    /// <remarks>Hot path.</remarks>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal bool TryAdd(T item)
    {
        uint added = _cursors.Added;
        if (added - _cursors.SeenHead == (uint)_places.Length)
        {
            _cursors.SeenHead = Volatile.Read(ref _cursors.Head);
            if (added - _cursors.SeenHead == (uint)_places.Length)
            {
                return false;
            }
        }

        _places[(int)(added & (uint)(_places.Length - 1))].Item = item;
        _cursors.Added = added + 1;
        return true;
    }

    /// <summary>Adder: makes everything added visible to the other side; false if there was nothing new.</summary>
    internal bool Publish()
    {
        if (_cursors.Tail == _cursors.Added)
        {
            return false;
        }

        Volatile.Write(ref _cursors.Tail, _cursors.Added);
        return true;
    }

    /// <summary>Taker: the number of items published now. They are read by <see cref="Take"/> and given back together by <see cref="Free"/>.</summary>
    internal int Available()
    {
        uint tail = Volatile.Read(ref _cursors.Tail);
        return (int)(tail - _cursors.Head);
    }

    /// <summary>Taker: the item that is <paramref name="index"/> places behind the head; below what <see cref="Available"/> said.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal T Take(int index) => _places[(int)((_cursors.Head + (uint)index) & (uint)(_places.Length - 1))].Item;

    /// <summary>Taker: gives the places of the first <paramref name="count"/> items back.</summary>
    internal void Free(int count) => Volatile.Write(ref _cursors.Head, _cursors.Head + (uint)count);

    private struct Place
    {
        internal T Item;
    }
}

/// <summary>
/// The cursors of a ring, each on lines of its own: what one side writes often must not share a line with what the other
/// side reads often. 128 bytes, because processors fetch lines in pairs.
/// </summary>
[StructLayout(LayoutKind.Explicit, Size = 4 * Apart)]
internal struct RingCursors
{
    /// <summary>The distance between what the two sides write, in bytes.</summary>
    internal const int Apart = 128;

    /// <summary>Items published since the start. Written by the adder, read by both.</summary>
    [FieldOffset(Apart)]
    internal uint Tail;

    /// <summary>Items taken since the start. Written by the taker, read by both.</summary>
    [FieldOffset(2 * Apart)]
    internal uint Head;

    /// <summary>Items added since the start, the unpublished ones included. The adder's own.</summary>
    [FieldOffset(3 * Apart)]
    internal uint Added;

    /// <summary>The head as the adder saw it last. The adder's own.</summary>
    [FieldOffset(3 * Apart + sizeof(uint))]
    internal uint SeenHead;
}
