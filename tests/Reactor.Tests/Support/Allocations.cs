namespace Reactor.Tests.Support;

/// <summary>
/// What the current thread allocates between two moments. For tests that run alone: a collection that others bring about
/// takes the rest of the thread's allocation buffer from it, and that is counted as if it were used.
/// </summary>
internal static class Allocations
{
    internal static long Begin()
    {
        // So that none is due soon.
        GC.Collect();
        return GC.GetAllocatedBytesForCurrentThread();
    }

    internal static long Since(long beginning) => GC.GetAllocatedBytesForCurrentThread() - beginning;
}
