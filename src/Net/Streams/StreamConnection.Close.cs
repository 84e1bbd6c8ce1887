using System.Diagnostics.CodeAnalysis;
using Reactor.Kernel;
using Reactor.Polling;

namespace Reactor.Net;

// The end of a connection.
public abstract partial class StreamConnection
{
    /// <summary>
    /// Closes the connection in good order: what was sent still arrives, and what was flushed to its pipe; then the peer sees
    /// the end (FIN). A pending receive or send ends with <see cref="System.Net.Sockets.SocketError.OperationAborted"/>. A
    /// second call does nothing.
    /// </summary>
    /// <remarks>
    /// As with every socket, bytes that the peer has sent and nobody has received make the kernel answer with a reset,
    /// which may cost the peer what was sent last. If that matters, <see cref="ShutdownSend"/> and receive until 0 first.
    /// </remarks>
    /// <exception cref="InvalidOperationException">Not on its shard.</exception>
    public void Close() => End(CloseMode.Graceful);

    /// <summary>
    /// Ends the connection at once: the peer of a TCP connection sees it reset (RST), and what has not been sent is dropped.
    /// (Unix domain sockets know no reset: see <see cref="UnixConnection"/>.)
    /// A pending receive or send ends with <see cref="System.Net.Sockets.SocketError.OperationAborted"/>. A second call does
    /// nothing, and nor does one after <see cref="Close"/>, unless what was flushed to the pipe before is still being sent.
    /// </summary>
    /// <exception cref="InvalidOperationException">Not on its shard.</exception>
    public void Abort() => End(CloseMode.Reset);

    /// <summary>The same as <see cref="Close"/>.</summary>
    /// <exception cref="InvalidOperationException">Not on its shard.</exception>
    [SuppressMessage("Usage", "CA1816", Justification = "Only this assembly can derive from it, and nothing here has a finalizer.")]
    public void Dispose() => Close();

    /// <summary>
    /// Stops receiving: a pending receive and every later one end with what has arrived, then with 0. Sending goes on. The
    /// peer is not told.
    /// </summary>
    /// <exception cref="InvalidOperationException">Not on its shard.</exception>
    /// <exception cref="ObjectDisposedException">The connection is closed.</exception>
    public void ShutdownReceive()
    {
        VerifyUsable();

        // It fails only if the connection is gone already, which the next receive tells.
        Count(Sockets.ShutdownReceive(_fd));
    }

    /// <summary>Whether server or shard have aborted the connection under its handler.</summary>
    internal bool IsAbortedByOwner { get; private set; }

    /// <summary>The same as <see cref="Abort"/>, by the server or the shard.</summary>
    internal override void AbortAtStop()
    {
        IsAbortedByOwner |= !IsClosed;
        End(CloseMode.Reset);
    }

    /// <summary>Ends a connect that is under way.</summary>
    private protected virtual void AbortConnect()
    {
    }

    private void End(CloseMode mode)
    {
        // Before the check, so that disposing what a stopped shard has aborted is no error, wherever it happens.
        if (IsClosed && !IsDraining)
        {
            return;
        }

        Shard.VerifyAccess();
        if (IsClosed)
        {
            if (mode == CloseMode.Reset)
            {
                EndDrain(mode);
            }

            return;
        }

        _use = Use.Closed;
        Shard.Counters.ConnectionsClosed += _isConnected ? 1 : 0;
        if (_receive is { IsBusy: true })
        {
            _receive.Abort(Told(SocketErrors.Aborted($"receive on {this}")));
        }

        if (_send is { IsBusy: true })
        {
            _send.Abort(Told(SocketErrors.Aborted($"send on {this}")));
        }

        AbortConnect();
        IsDraining = _pipe is not null && _pipe.OnClosing(mode == CloseMode.Graceful);
        HasLostOutput = mode == CloseMode.Graceful && _pipe is { HasUntoldFailure: true };
        if (!IsDraining)
        {
            Release(mode);
        }
    }

    /// <summary>Nothing is left to be done: gives the socket back.</summary>
    private void Release(CloseMode mode)
    {
        Shard.Disown(this);
        Shard.Polls.Close(_handle, mode);
        _pipe?.Owner?.OnClosed();
    }
}
