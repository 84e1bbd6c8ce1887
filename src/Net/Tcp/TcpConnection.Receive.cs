using System.Net.Sockets;
using System.Runtime.CompilerServices;
using Reactor.Kernel;
using Reactor.Polling;
using Tmds.Linux;

namespace Reactor.Net;

// Receiving.
public sealed partial class TcpConnection
{
    private ReceiveOperation? _receive;

    // The last receive filled its buffer, or saw the end, or a zero-byte receive saw the socket ready: the next one is
    // tried before a poll is armed. Trying after every receive would cost a call that usually finds nothing.
    private bool _isLikelyReadable;

    /// <summary>
    /// Receives what is there, or waits for it. Returns the number of bytes, at least 1; 0 when the peer has finished
    /// sending (FIN), and then again at every further call.
    /// </summary>
    /// <param name="buffer">
    /// Takes the bytes; the operation's until the await has ended. An empty buffer waits until there is something to
    /// receive, or the end, and returns 0: so an idle connection holds no buffer.
    /// </param>
    /// <param name="cancellationToken">Ends the wait. Nothing is lost: what arrives is for the next receive.</param>
    /// <exception cref="InvalidOperationException">Not on its shard, or a receive is pending already.</exception>
    /// <exception cref="ObjectDisposedException">The connection is closed.</exception>
    /// <exception cref="SocketException">
    /// The connection failed (reset by the peer, timed out), or was closed on this side while the receive was pending
    /// (<see cref="SocketError.OperationAborted"/>).
    /// </exception>
    /// <exception cref="OperationCanceledException">The token fired.</exception>
    /// <remarks>Hot path.</remarks>
    public ValueTask<int> ReceiveAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        VerifyUsable();
        ReceiveOperation receive = _receive ??= new ReceiveOperation(this);
        if (receive.IsBusy)
        {
            throw Busy("receive");
        }

        if (cancellationToken.IsCancellationRequested)
        {
            return ValueTask.FromCanceled<int>(cancellationToken);
        }

        // An empty buffer asks the kernel, by a poll: that the last receive filled its buffer does not say that there is more.
        if (_isLikelyReadable && !buffer.IsEmpty)
        {
            if (Shard.SliceIsOver)
            {
                return receive.StartNextTurn(buffer, cancellationToken);
            }

            SysResult result = TryReceive(buffer.Span);
            if (!result.WouldBlock)
            {
                return result.IsError ? ValueTask.FromException<int>(ReceiveError(result.Errno)) : new ValueTask<int>(result.Value);
            }
        }

        return receive.Start(buffer, cancellationToken);
    }

    /// <remarks>Hot path: one system call.</remarks>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private SysResult TryReceive(Span<byte> buffer)
    {
        if (buffer.IsEmpty)
        {
            _isLikelyReadable = true;
            return new SysResult(0, 0);
        }

        SysResult result;
        do
        {
            result = Count(Sockets.Receive(_fd, buffer));
        }
        while (result.Errno == LibC.EINTR);

        _isLikelyReadable = result.Value == buffer.Length || result.Value == 0;
        Shard.Counters.BytesReceived += Math.Max(result.Value, 0);
        return result;
    }

    private SocketException ReceiveError(int errno) => SocketErrors.From($"receive on {this}", errno);

    private sealed class ReceiveOperation(TcpConnection connection) : Operation<int>(connection, PollDirection.Read)
    {
        private Memory<byte> _buffer;

        internal ValueTask<int> Start(Memory<byte> buffer, CancellationToken cancellationToken)
        {
            _buffer = buffer;
            Arm();
            Begin(cancellationToken);
            return Future;
        }

        /// <summary>Is tried in the next turn, without a poll.</summary>
        internal ValueTask<int> StartNextTurn(Memory<byte> buffer, CancellationToken cancellationToken)
        {
            _buffer = buffer;
            BeginReady(cancellationToken);
            return Future;
        }

        protected override void Attempt(int pollResult)
        {
            SysResult result = pollResult < 0 ? SysResult.Failure(-pollResult) : Connection.TryReceive(_buffer.Span);
            if (!result.IsError)
            {
                Complete(result.Value);
            }
            else if (result.WouldBlock)
            {
                Arm();
            }
            else
            {
                Fail(Connection.ReceiveError(result.Errno));
            }
        }

        protected override void Release() => _buffer = default;
    }
}
