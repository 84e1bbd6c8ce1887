using System.Runtime.InteropServices;
using Reactor.Scheduling;

namespace Reactor.Bench.Backends;

/// <summary>The word that a thread with a timer sets when the slice is over.</summary>
internal sealed unsafe class SliceFlag : PreemptionFlag
{
    /// <summary>As long as the framework's own slices.</summary>
    internal static readonly TimeSpan Quota = new ReactorOptions().TaskQuota;

    internal override uint* Word { get; } = (uint*)NativeMemory.AllocZeroed(1, sizeof(uint));

    internal void Raise() => Volatile.Write(ref *Word, 1);
}
