namespace Reactor.Net;

/// <summary>
/// Makes a connection a pipe for others to use, as Kestrel's transport does: is told of the connection's end even while
/// nobody reads, and says what readers are told of it. Writers of such a pipe see no failure, but that nobody reads any more
/// (<see cref="System.IO.Pipelines.FlushResult.IsCompleted"/>).
/// </summary>
/// <remarks>All is called on the shard, in the middle of a receive, a send or a close: it may queue work and must not run any.</remarks>
internal abstract class PipeOwner
{
    /// <summary>Why the connection has ended, for reads that find it failed or closed on this side. Asked for after one of the calls below, or after the owner itself has closed it.</summary>
    internal abstract Exception EndReason { get; }

    /// <summary>The peer has finished sending.</summary>
    internal abstract void OnReceiveEnded();

    /// <summary>The connection has failed under a receive or a send.</summary>
    internal abstract void OnFailed(int errno);

    /// <summary>As much as is allowed has been received ahead; or there is room again.</summary>
    internal abstract void OnPaused(bool isPaused);

    /// <summary>The socket has been given back, whoever closed it.</summary>
    internal abstract void OnClosed();
}
