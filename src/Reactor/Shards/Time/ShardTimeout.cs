using Reactor.Shards;

namespace Reactor;

/// <summary>
/// A time after which a token fires, so that everything that takes a token has a timeout. Begun by
/// <see cref="Shard.Timeout"/>, ended by <see cref="Dispose"/>.
/// </summary>
/// <remarks>
/// <para>
/// <code>
/// using ShardTimeout timeout = Shard.Timeout(TimeSpan.FromSeconds(5));
/// int received = await connection.ReceiveAsync(buffer, timeout.Token);
/// </code>
/// What is behind it is pooled. A copy is the same timeout; one that has ended throws, and disposing it again does nothing,
/// whoever has the pooled object by then. <see cref="Token"/> alone is .NET's and cannot know: whoever keeps it beyond
/// <see cref="Dispose"/> and registers with it is registered with a later timeout.
/// </para>
/// <para>All members may be called on any thread: code may have left its shard while it awaited something foreign.</para>
/// </remarks>
public readonly struct ShardTimeout : IDisposable
{
    private readonly TimeoutSource? _source;
    private readonly long _version;

    internal ShardTimeout(TimeoutSource source, long version)
    {
        _source = source;
        _version = version;
    }

    /// <summary>
    /// Fires on the shard, from its run queue, and runs there what is registered with it: when the time is over, when the
    /// linked token fires, and when the shard stops. An exception from that is told to
    /// <see cref="ReactorOptions.UnhandledException"/>. Of a default value, it never fires.
    /// </summary>
    /// <exception cref="ObjectDisposedException">The timeout has ended.</exception>
    public CancellationToken Token => _source?.GetToken(_version) ?? CancellationToken.None;

    /// <summary>
    /// Whether it was the time that made the token fire. False as long as it has not fired, and when the linked token or
    /// the end of the shard was the reason.
    /// </summary>
    /// <exception cref="ObjectDisposedException">The timeout has ended.</exception>
    public bool HasElapsed => _source?.HasElapsed(_version) ?? false;

    /// <summary>
    /// Ends the timeout: its token does not fire any more, and what is still registered with it is dropped. On the shard
    /// at once and without allocation; from elsewhere a message is sent there. May be called again.
    /// </summary>
    public void Dispose() => _source?.Dispose(_version);
}
