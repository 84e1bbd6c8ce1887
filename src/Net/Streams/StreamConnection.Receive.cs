using System.Net.Sockets;
using System.Runtime.CompilerServices;
using Reactor.Kernel;
using Reactor.Polling;
using Reactor.Shards;
using Tmds.Linux;

namespace Reactor.Net;

// Receiving.
public abstract partial class StreamConnection
{
    private ReceiveOperation? _receive;

    // The last receive filled its buffer, or saw the end, or a wait saw the socket ready: the next one is tried before a
    // poll is armed. Trying after every receive would cost a call that usually finds nothing.
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
        VerifyReceivable();
        if (cancellationToken.IsCancellationRequested)
        {
            return ValueTask.FromCanceled<int>(cancellationToken);
        }

        // An empty buffer asks the kernel, by a poll: that the last receive filled its buffer does not say that there is more.
        if (_isLikelyReadable && !buffer.IsEmpty)
        {
            if (Shard.SliceIsOver)
            {
                return Receiver.StartNextTurn(buffer, cancellationToken);
            }

            SysResult result = ReceiveNow(buffer.Span);
            if (!result.WouldBlock)
            {
                return ReceiveResult(result);
            }
        }

        return Receiver.Start(buffer, cancellationToken);
    }

    /// <summary>
    /// Receives into several buffers, filled in their order by one system call (recvmsg); else the same as for one. Returns
    /// the number of bytes in all of them.
    /// </summary>
    /// <param name="buffers">
    /// Take the bytes; neither they nor the list may change until the await has ended. The first 64 that are not empty are
    /// used. If none is, this waits as for an empty buffer.
    /// </param>
    /// <param name="cancellationToken">As for a single buffer.</param>
    /// <exception cref="InvalidOperationException">Not on its shard, or a receive is pending already.</exception>
    /// <exception cref="ObjectDisposedException">The connection is closed.</exception>
    /// <exception cref="SocketException">As for a single buffer.</exception>
    /// <exception cref="OperationCanceledException">The token fired.</exception>
    public ValueTask<int> ReceiveAsync(IReadOnlyList<Memory<byte>> buffers, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(buffers);
        VerifyReceivable();
        if (cancellationToken.IsCancellationRequested)
        {
            return ValueTask.FromCanceled<int>(cancellationToken);
        }

        if (_isLikelyReadable && !IsEmpty(buffers))
        {
            if (Shard.SliceIsOver)
            {
                return Receiver.StartNextTurn(buffers, cancellationToken);
            }

            SysResult result = ReceiveNow(buffers);
            if (!result.WouldBlock)
            {
                return ReceiveResult(result);
            }
        }

        return Receiver.Start(buffers, cancellationToken);
    }

    /// <summary>
    /// Waits until there is something to receive, or the end, or a failure: then <see cref="TryReceive"/> or
    /// <see cref="ReceiveAsync(Memory{byte}, CancellationToken)"/> tell. So an idle connection holds no buffer.
    /// </summary>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="InvalidOperationException">Not on its shard, or a receive is pending already.</exception>
    /// <exception cref="ObjectDisposedException">The connection is closed.</exception>
    /// <exception cref="SocketException">The connection was closed on this side meanwhile (<see cref="SocketError.OperationAborted"/>).</exception>
    /// <exception cref="OperationCanceledException">The token fired.</exception>
    public ValueTask WaitToReceiveAsync(CancellationToken cancellationToken = default)
    {
        VerifyReceivable();
        return cancellationToken.IsCancellationRequested ? ValueTask.FromCanceled(cancellationToken) : Receiver.StartWait(cancellationToken);
    }

    /// <summary>Receives what is there, without waiting and without exceptions for what the network does.</summary>
    /// <param name="buffer">Takes the bytes; not empty.</param>
    /// <param name="received">The number of bytes; with <see cref="SocketError.Success"/>, 0 means that the peer has finished sending (FIN).</param>
    /// <returns>
    /// <see cref="SocketError.Success"/>, <see cref="SocketError.WouldBlock"/> when nothing is there yet
    /// (<see cref="WaitToReceiveAsync"/> waits for it), or how the connection failed.
    /// </returns>
    /// <exception cref="ArgumentException">The buffer is empty, so that the end could not be told from it.</exception>
    /// <exception cref="InvalidOperationException">Not on its shard, or a receive is pending.</exception>
    /// <exception cref="ObjectDisposedException">The connection is closed.</exception>
    public SocketError TryReceive(Span<byte> buffer, out int received)
    {
        if (buffer.IsEmpty)
        {
            throw new ArgumentException($"An empty buffer receives nothing. {nameof(WaitToReceiveAsync)} waits without one.", nameof(buffer));
        }

        VerifyReceivable();
        return SocketErrors.Outcome(ReceiveNow(buffer), out received);
    }

    private ReceiveOperation Receiver => _receive ??= new ReceiveOperation(this);

    private protected void VerifyReceivable()
    {
        VerifyDirect();
        if (_receive is { IsBusy: true })
        {
            throw Busy("receive");
        }
    }

    /// <remarks>Hot path: one system call.</remarks>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal SysResult ReceiveNow(Span<byte> buffer)
    {
        SysResult result;
        do
        {
            result = Count(Sockets.Receive(_fd, buffer));
        }
        while (result.Errno == LibC.EINTR);

        CountReceived(result, buffer.Length);
        return result;
    }

    private unsafe SysResult ReceiveNow(IReadOnlyList<Memory<byte>> buffers)
    {
        iovec* vectors = stackalloc iovec[Sockets.MaxVectors];
        using var pinned = new PinnedVectors(vectors);
        for (int i = 0; i < buffers.Count && !pinned.IsFull; i++)
        {
            if (!buffers[i].IsEmpty)
            {
                pinned.Add(buffers[i]);
            }
        }

        SysResult result;
        do
        {
            result = Count(Sockets.Receive(_fd, vectors, pinned.Count));
        }
        while (result.Errno == LibC.EINTR);

        CountReceived(result, pinned.Length);
        return result;
    }

    private void CountReceived(SysResult result, long capacity)
    {
        _isLikelyReadable = result.Value == capacity || result.Value == 0;
        Shard.Counters.BytesReceived += Math.Max(result.Value, 0);
    }

    private static bool IsEmpty(IReadOnlyList<Memory<byte>> buffers)
    {
        for (int i = 0; i < buffers.Count; i++)
        {
            if (!buffers[i].IsEmpty)
            {
                return false;
            }
        }

        return true;
    }

    private ValueTask<int> ReceiveResult(SysResult result) =>
        result.IsError ? ValueTask.FromException<int>(ReceiveError(result.Errno)) : new ValueTask<int>(result.Value);

    private Exception ReceiveError(int errno) => Told(SocketErrors.From($"receive on {this}", errno));

    private sealed class ReceiveOperation(StreamConnection connection) : ShardOperation<int>(connection.Shard, connection._handle, PollDirection.Read)
    {
        // Where to: one buffer, or several, or none for a wait.
        private Memory<byte> _buffer;
        private IReadOnlyList<Memory<byte>>? _buffers;

        internal ValueTask<int> Start(Memory<byte> buffer, CancellationToken cancellationToken)
        {
            _buffer = buffer;
            return Start(cancellationToken);
        }

        internal ValueTask<int> Start(IReadOnlyList<Memory<byte>> buffers, CancellationToken cancellationToken)
        {
            _buffers = IsEmpty(buffers) ? null : buffers;
            return Start(cancellationToken);
        }

        internal ValueTask StartWait(CancellationToken cancellationToken)
        {
            Arm();
            Begin(cancellationToken);
            return VoidFuture;
        }

        /// <summary>Is tried in the next turn, without a poll.</summary>
        internal ValueTask<int> StartNextTurn(Memory<byte> buffer, CancellationToken cancellationToken)
        {
            _buffer = buffer;
            BeginReady(cancellationToken);
            return Future;
        }

        internal ValueTask<int> StartNextTurn(IReadOnlyList<Memory<byte>> buffers, CancellationToken cancellationToken)
        {
            _buffers = buffers;
            BeginReady(cancellationToken);
            return Future;
        }

        protected override void Attempt(int pollResult)
        {
            SysResult result = pollResult < 0 ? SysResult.Failure(-pollResult) : Receive();
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
                Fail(connection.ReceiveError(result.Errno));
            }
        }

        protected override void Release()
        {
            _buffer = default;
            _buffers = null;
        }

        private ValueTask<int> Start(CancellationToken cancellationToken)
        {
            Arm();
            Begin(cancellationToken);
            return Future;
        }

        /// <remarks>Hot path.</remarks>
        private SysResult Receive()
        {
            if (!_buffer.IsEmpty)
            {
                return connection.ReceiveNow(_buffer.Span);
            }

            if (_buffers is not null)
            {
                return connection.ReceiveNow(_buffers);
            }

            connection._isLikelyReadable = true;
            return new SysResult(0, 0);
        }
    }
}
