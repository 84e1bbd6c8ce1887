using System.Net.Sockets;
using Reactor.Kernel;
using Reactor.Polling;
using Reactor.Shards;
using Tmds.Linux;

namespace Reactor.Net;

// Receiving.
public sealed partial class UnixDatagramSocket
{
    private ReceiveOperation? _receive;

    private EagerTries _tries;

    // The last sender that had a name: mostly it is the next one's too.
    private NativeUnixAddress _senderAddress;
    private UnixDomainSocketEndPoint? _sender;

    /// <summary>Receives one datagram, or waits for it. What does not fit into the buffer is lost, and told.</summary>
    /// <param name="buffer">Takes the bytes; the operation's until the await has ended.</param>
    /// <param name="cancellationToken">Ends the wait. Nothing is lost: what arrives is for the next receive.</param>
    /// <exception cref="InvalidOperationException">Not on its shard, or a receive is pending already.</exception>
    /// <exception cref="ObjectDisposedException">The socket is closed.</exception>
    /// <exception cref="SocketException">
    /// The socket that this one is connected to has connected itself elsewhere, and dropped what it had not received
    /// (<see cref="SocketError.ConnectionReset"/>, told once), or this one was closed while the receive was pending
    /// (<see cref="SocketError.OperationAborted"/>). That the other end of a connected socket or a pair has gone is not told
    /// here.
    /// </exception>
    /// <exception cref="OperationCanceledException">The token fired.</exception>
    /// <remarks>Hot path.</remarks>
    public ValueTask<UnixReceived> ReceiveAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        VerifyReceivable();
        if (cancellationToken.IsCancellationRequested)
        {
            return ValueTask.FromCanceled<UnixReceived>(cancellationToken);
        }

        ReceiveOperation receive = Receiver;
        if (_tries.IsNext())
        {
            if (Shard.SliceIsOver)
            {
                return receive.StartNextTurn(buffer, cancellationToken);
            }

            SysResult result = ReceiveNow(buffer.Span, out UnixReceived received);
            if (!result.WouldBlock)
            {
                _tries.Found();
                return result.IsError ? ValueTask.FromException<UnixReceived>(ReceiveError(result.Errno)) : new ValueTask<UnixReceived>(received);
            }

            _tries.Missed();
        }

        return receive.Start(buffer, cancellationToken);
    }

    /// <summary>
    /// Waits until there is a datagram: then <see cref="TryReceive"/> or <see cref="ReceiveAsync"/> takes it. So an idle
    /// socket holds no buffer. (An empty one given to a receive would take a datagram, and lose its content.)
    /// </summary>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="InvalidOperationException">Not on its shard, or a receive is pending already.</exception>
    /// <exception cref="ObjectDisposedException">The socket is closed.</exception>
    /// <exception cref="SocketException">The socket was closed meanwhile (<see cref="SocketError.OperationAborted"/>).</exception>
    /// <exception cref="OperationCanceledException">The token fired.</exception>
    public ValueTask WaitToReceiveAsync(CancellationToken cancellationToken = default)
    {
        VerifyReceivable();
        return cancellationToken.IsCancellationRequested ? ValueTask.FromCanceled(cancellationToken) : Receiver.StartWait(cancellationToken);
    }

    /// <summary>Receives one datagram if one is there, without waiting and without exceptions for what the peer does.</summary>
    /// <param name="buffer">Takes the bytes. What does not fit is lost, and told.</param>
    /// <param name="received">With <see cref="SocketError.Success"/>, what is known of the datagram.</param>
    /// <returns>
    /// <see cref="SocketError.Success"/>, <see cref="SocketError.WouldBlock"/> when nothing is there yet
    /// (<see cref="WaitToReceiveAsync"/> waits for it), or what <see cref="ReceiveAsync"/> would throw.
    /// </returns>
    /// <exception cref="InvalidOperationException">Not on its shard, or a receive is pending.</exception>
    /// <exception cref="ObjectDisposedException">The socket is closed.</exception>
    public SocketError TryReceive(Span<byte> buffer, out UnixReceived received)
    {
        VerifyReceivable();
        return SocketErrors.Outcome(ReceiveNow(buffer, out received), out _);
    }

    private ReceiveOperation Receiver => _receive ??= new ReceiveOperation(this);

    private void VerifyReceivable()
    {
        VerifyUsable();
        if (_receive is { IsBusy: true })
        {
            throw Busy("receive");
        }
    }

    /// <remarks>Hot path: one system call.</remarks>
    private SysResult ReceiveNow(Span<byte> buffer, out UnixReceived received)
    {
        NativeUnixAddress sender = default;
        SysResult result;
        do
        {
            result = Count(UnixSockets.ReceiveFrom(_fd, buffer, ref sender));
        }
        while (result.Errno == LibC.EINTR);

        received = default;
        if (!result.IsError)
        {
            int length = Math.Min(result.Value, buffer.Length);
            Shard.Counters.BytesReceived += length;
            received = new UnixReceived(length, result.Value, EndPointOf(sender));
        }

        return result;
    }

    private UnixDomainSocketEndPoint? EndPointOf(in NativeUnixAddress sender)
    {
        if (!sender.IsNamed)
        {
            return null;
        }

        if (!sender.Equals(_senderAddress))
        {
            _senderAddress = sender;
            _sender = sender.ToEndPoint();
        }

        return _sender;
    }

    private SocketException ReceiveError(int errno) => SocketErrors.From($"receive on {this}", errno);

    private sealed class ReceiveOperation(UnixDatagramSocket socket) : ShardOperation<UnixReceived>(socket.Shard, socket._handle, PollDirection.Read)
    {
        private Memory<byte> _buffer;

        // Without taking what has come.
        private bool _onlyWaits;

        internal ValueTask StartWait(CancellationToken cancellationToken)
        {
            _onlyWaits = true;
            Arm();
            Begin(cancellationToken);
            return VoidFuture;
        }

        internal ValueTask<UnixReceived> Start(Memory<byte> buffer, CancellationToken cancellationToken)
        {
            _buffer = buffer;
            Arm();
            Begin(cancellationToken);
            return Future;
        }

        /// <summary>Is tried in the next turn, without a poll.</summary>
        internal ValueTask<UnixReceived> StartNextTurn(Memory<byte> buffer, CancellationToken cancellationToken)
        {
            _buffer = buffer;
            BeginReady(cancellationToken);
            return Future;
        }

        protected override void Attempt(int pollResult)
        {
            UnixReceived received = default;
            SysResult result = pollResult < 0 ? SysResult.Failure(-pollResult) : Receive(out received);
            if (!result.IsError)
            {
                Complete(received);
            }
            else if (result.WouldBlock)
            {
                Arm();
            }
            else
            {
                Fail(socket.ReceiveError(result.Errno));
            }
        }

        protected override void Release()
        {
            _buffer = default;
            _onlyWaits = false;
        }

        private SysResult Receive(out UnixReceived received)
        {
            if (!_onlyWaits)
            {
                return socket.ReceiveNow(_buffer.Span, out received);
            }

            received = default;
            socket._tries.Found();
            return default;
        }
    }
}
