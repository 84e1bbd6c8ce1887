using System.Diagnostics;

namespace Reactor.Primitives;

/// <summary>
/// Who holds a primitive. A holder that users see is a struct, which they may copy and dispose more than once; all its
/// copies name one slot here by its number and generation, and the first to give back ends that generation. So nothing is
/// given back twice, and holding allocates nothing.
/// </summary>
/// <remarks>Grows to as many slots as were held at once, and never shrinks. Mutable: a field of its primitive, never copied.</remarks>
internal struct HolderTable
{
    private const int NoSlot = -1;

    private Slot[] _slots = [];

    // Slots that have been used at least once; those beyond are fresh.
    private int _used;

    private int _firstFree = NoSlot;

    public HolderTable()
    {
    }

    /// <summary>How many holders there are.</summary>
    internal int Count { get; private set; }

    /// <summary>Enters a holder.</summary>
    /// <param name="units">How much it holds.</param>
    internal HolderKey Add(long units = 1)
    {
        int index = _firstFree;
        if (index == NoSlot)
        {
            if (_used == _slots.Length)
            {
                Array.Resize(ref _slots, Math.Max(4, _used * 2));
            }

            index = _used++;
        }
        else
        {
            _firstFree = _slots[index].NextFree;
        }

        ref Slot slot = ref _slots[index];
        slot.Units = units;
        slot.NextFree = NoSlot;
        Count++;
        return new HolderKey(index, slot.Generation);
    }

    internal readonly bool IsHeld(HolderKey key) => _slots[key.Slot].Generation == key.Generation;

    /// <summary>What a holder holds, which may be changed.</summary>
    internal readonly ref long Units(HolderKey key)
    {
        Debug.Assert(IsHeld(key), "ask IsHeld first");
        return ref _slots[key.Slot].Units;
    }

    /// <summary>Takes a holder out; false if it has been taken out already.</summary>
    internal bool TryRemove(HolderKey key, out long units)
    {
        ref Slot slot = ref _slots[key.Slot];
        units = slot.Units;
        if (slot.Generation != key.Generation)
        {
            return false;
        }

        slot.Generation++;
        slot.NextFree = _firstFree;
        _firstFree = key.Slot;
        Count--;
        return true;
    }

    private struct Slot
    {
        internal long Units;
        internal uint Generation;
        internal int NextFree;
    }
}

/// <summary>Names one holder, for as long as it holds.</summary>
internal readonly record struct HolderKey(int Slot, uint Generation);
