namespace Reactor.Samples.Http;

/// <summary>
/// Buffers of one size for the connections of one shard. A connection has them only while a request is under way, so that
/// a few serve thousands of idle connections.
/// </summary>
internal sealed class BufferPool(int size)
{
    /// <summary>Large enough for a pipelined batch and its answers.</summary>
    internal const int MinimumSize = 16 * 1024;

    /// <summary>Kept for reuse; what a burst needed beyond it goes back to the collector.</summary>
    private const int MaxKept = 1024;

    private readonly Stack<byte[]> _free = new();

    internal byte[] Rent() => _free.TryPop(out byte[]? buffer) ? buffer : GC.AllocateUninitializedArray<byte>(size, pinned: true);

    internal void Return(byte[] buffer)
    {
        if (_free.Count < MaxKept)
        {
            _free.Push(buffer);
        }
    }
}
