using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Reactor.Shards;

/// <summary>
/// An announcement that its owner is going to wait and wants to be woken. Whoever takes it back owes the wake-up, so that
/// however many see it, one pays.
/// </summary>
/// <remarks>
/// The protocol that loses no wake-up: the owner sets the flag, passes a full fence, and looks once more for what it waits
/// for; the other side makes that visible, passes a full fence, and then looks at the flag. At least one of them sees the
/// other. The fences are the callers', who share one among several flags.
/// </remarks>
internal sealed class WakeFlag
{
    private Padded _flag;

    internal bool IsSet => Volatile.Read(ref _flag.Value) == 1;

    internal void Set() => Volatile.Write(ref _flag.Value, 1);

    internal void Clear() => Volatile.Write(ref _flag.Value, 0);

    /// <summary>Takes the announcement back if there is one; true for the one caller that succeeds. Without one it costs a read.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal bool TryTake() => Volatile.Read(ref _flag.Value) == 1 && Interlocked.Exchange(ref _flag.Value, 0) == 1;

    // On lines of its own: everybody who sends to the owner reads it.
    [StructLayout(LayoutKind.Explicit, Size = 2 * RingCursors.Apart)]
    private struct Padded
    {
        [FieldOffset(RingCursors.Apart)]
        internal int Value;
    }
}
