using System.Net.Sockets;
using Reactor.Kernel;
using Reactor.Polling;
using Reactor.Shards;
using Tmds.Linux;

namespace Reactor.Net;

// Receiving, one datagram at a time.
public sealed partial class UdpSocket
{
    private ReceiveOperation? _receive;
    private EagerTries _tries;

    /// <summary>Receives the next datagram, or waits for it.</summary>
    /// <param name="buffer">
    /// Takes the bytes; the operation's until the await has ended. What does not fit is lost, and
    /// <see cref="UdpReceived.IsTruncated"/> tells so.
    /// </param>
    /// <param name="cancellationToken">Ends the wait. Nothing is lost: what arrives is for the next receive.</param>
    /// <exception cref="InvalidOperationException">Not on its shard, or a receive is pending already.</exception>
    /// <exception cref="ObjectDisposedException">The socket is closed.</exception>
    /// <exception cref="SocketException">
    /// A connected peer cannot be reached (see the remarks on <see cref="UdpSocket"/>), or the socket was closed while the
    /// receive was pending (<see cref="SocketError.OperationAborted"/>).
    /// </exception>
    /// <exception cref="OperationCanceledException">The token fired.</exception>
    /// <remarks>Hot path.</remarks>
    public ValueTask<UdpReceived> ReceiveAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        VerifyReceivable();
        if (cancellationToken.IsCancellationRequested)
        {
            return ValueTask.FromCanceled<UdpReceived>(cancellationToken);
        }

        ReceiveOperation receive = _receive ??= new ReceiveOperation(this);
        if (_tries.IsNext())
        {
            if (Shard.SliceIsOver)
            {
                return receive.StartNextTurn(buffer, cancellationToken);
            }

            SysResult result = ReceiveNow(buffer.Span, out UdpReceived received);
            if (!result.WouldBlock)
            {
                _tries.Found();
                return result.IsError ? ValueTask.FromException<UdpReceived>(ReceiveError(result.Errno)) : new ValueTask<UdpReceived>(received);
            }

            _tries.Missed();
        }

        return receive.Start(buffer, cancellationToken);
    }

    /// <summary>Receives the next datagram if one is there, without waiting and without exceptions for what the network does.</summary>
    /// <param name="buffer">Takes the bytes. What does not fit is lost.</param>
    /// <param name="received">With <see cref="SocketError.Success"/>, what is known of the datagram.</param>
    /// <returns>
    /// <see cref="SocketError.Success"/>, <see cref="SocketError.WouldBlock"/> when nothing is there yet
    /// (<see cref="WaitToReceiveAsync"/> waits for it), or why a connected peer cannot be reached.
    /// </returns>
    /// <exception cref="InvalidOperationException">Not on its shard, or a receive is pending.</exception>
    /// <exception cref="ObjectDisposedException">The socket is closed.</exception>
    public SocketError TryReceive(Span<byte> buffer, out UdpReceived received)
    {
        VerifyReceivable();
        return SocketErrors.Outcome(ReceiveNow(buffer, out received), out _);
    }

    private void VerifyReceivable()
    {
        VerifyUsable();
        if (_receive is { IsBusy: true } || _batchReceive is { IsBusy: true })
        {
            throw Busy("receive");
        }
    }

    /// <remarks>Hot path: one system call.</remarks>
    private SysResult ReceiveNow(Span<byte> buffer, out UdpReceived received)
    {
        NativeAddress from = default;
        PacketInfo info;
        SysResult result;
        do
        {
            result = Count(DatagramSockets.Receive(_fd, buffer, ref from, out info));
        }
        while (result.Errno == LibC.EINTR);

        if (result.IsError)
        {
            received = default;
            return result;
        }

        int length = Math.Min(result.Value, buffer.Length);
        Shard.Counters.BytesReceived += length;
        received = _asksForLocal
            ? new UdpReceived(length, result.Value, from, info.Local.WithPort(_local.Port), info.To.WithPort(_local.Port), info.InterfaceIndex)
            : new UdpReceived(length, result.Value, from, _local, _local, 0);
        return result;
    }

    private SocketException ReceiveError(int errno) => SocketErrors.From($"receive on {this}", errno);

    private sealed class ReceiveOperation(UdpSocket socket) : ShardOperation<UdpReceived>(socket.Shard, socket._handle, PollDirection.Read)
    {
        private Memory<byte> _buffer;

        internal ValueTask<UdpReceived> Start(Memory<byte> buffer, CancellationToken cancellationToken)
        {
            _buffer = buffer;
            Arm();
            Begin(cancellationToken);
            return Future;
        }

        /// <summary>Is tried in the next turn, without a poll.</summary>
        internal ValueTask<UdpReceived> StartNextTurn(Memory<byte> buffer, CancellationToken cancellationToken)
        {
            _buffer = buffer;
            BeginReady(cancellationToken);
            return Future;
        }

        protected override void Attempt(int pollResult)
        {
            UdpReceived received = default;
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
