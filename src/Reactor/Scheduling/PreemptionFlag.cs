namespace Reactor.Scheduling;

/// <summary>
/// A word in user memory by which somebody else, such as a thread that waits for a timer, says that the shard's time slice
/// is over. For backends that bring a way of their own; the shard clears it when it begins to run work.
/// </summary>
internal abstract unsafe class PreemptionFlag
{
    /// <summary>Not zero: the slice is over. It stays where it is: code may ask after its shard's end.</summary>
    internal abstract uint* Word { get; }
}
