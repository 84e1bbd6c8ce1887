namespace Reactor.Tests.Shards.SleepModel;

/// <summary>When the store of one thread becomes visible to the others. Loads happen in the order of the program.</summary>
public enum MemoryModel
{
    /// <summary>At once. No machine is like that; here it shows which faults need a store buffer.</summary>
    Sequential,

    /// <summary>x86: later, but in the order of the program. The thread itself sees its store at once.</summary>
    TotalStoreOrder,

    /// <summary>
    /// Like Arm: later, and in any order, but for two stores to the same variable, and for a release store, which waits for
    /// every store before it. A load does not wait for a release store before it.
    /// </summary>
    StoresOutOfOrder,
}
