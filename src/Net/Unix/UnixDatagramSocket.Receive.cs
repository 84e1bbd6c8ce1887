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

    // The last receive found a datagram, so there may be another: the next one is tried before a poll is armed.
    private bool _mayHaveMore;

    // The last sender that had a name: mostly it is the next one's too.
    private NativeUnixAddress _senderAddress;
    private UnixDomainSocketEndPoint? _sender;

    /// <summary>Receives one datagram, or waits for it. What does not fit into the buffer is lost, and told.</summary>
    /// <param name="buffer">Takes the bytes; the operation's until the await has ended.</param>
    /// <param name="cancellationToken">Ends the wait. Nothing is lost: what arrives is for the next receive.</param>
    /// <exception cref="InvalidOperationException">Not on its shard, or a receive is pending already.</exception>
    /// <exception cref="ObjectDisposedException">The socket is closed.</exception>
    /// <exception cref="SocketException">
    /// The socket that this one is connected to has connected itself elsewhere (<see cref="SocketError.ConnectionReset"/>,
    /// told once), or this one was closed while the receive was pending (<see cref="SocketError.OperationAborted"/>). That the
    /// other end of a connected socket or a pair has gone is not told here.
    /// </exception>
    /// <exception cref="OperationCanceledException">The token fired.</exception>
    /// <remarks>Hot path.</remarks>
    public ValueTask<UnixReceived> ReceiveAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        VerifyUsable();
        ReceiveOperation receive = _receive ??= new ReceiveOperation(this);
        if (receive.IsBusy)
        {
            throw Busy("receive");
        }

        if (cancellationToken.IsCancellationRequested)
        {
            return ValueTask.FromCanceled<UnixReceived>(cancellationToken);
        }

        if (_mayHaveMore)
        {
            if (Shard.SliceIsOver)
            {
                return receive.StartNextTurn(buffer, cancellationToken);
            }

            SysResult result = ReceiveNow(buffer.Span, out UnixReceived received);
            if (!result.WouldBlock)
            {
                return result.IsError ? ValueTask.FromException<UnixReceived>(ReceiveError(result.Errno)) : new ValueTask<UnixReceived>(received);
            }
        }

        return receive.Start(buffer, cancellationToken);
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

        _mayHaveMore = !result.IsError;
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
            SysResult result = pollResult < 0 ? SysResult.Failure(-pollResult) : socket.ReceiveNow(_buffer.Span, out received);
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

        protected override void Release() => _buffer = default;
    }
}
