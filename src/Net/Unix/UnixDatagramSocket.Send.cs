using System.Net.Sockets;
using Reactor.Kernel;
using Reactor.Polling;
using Reactor.Shards;
using Reactor.Timers;
using Tmds.Linux;

namespace Reactor.Net;

// Sending.
public sealed partial class UnixDatagramSocket
{
    private SendOperation? _send;

    // The endpoint that was sent to last, as the kernel wants it: mostly it is the next one too.
    private NativeUnixAddress _targetAddress;
    private UnixDomainSocketEndPoint? _target;

    /// <summary>
    /// Sends one datagram to the socket that this one is connected to. It goes there before this returns if there is room in
    /// the peer's queue; otherwise this waits until there is.
    /// </summary>
    /// <param name="buffer">The bytes; not to be changed until the await has ended. An empty one is sent like any other.</param>
    /// <param name="cancellationToken">Ends the wait: then the datagram has not been sent.</param>
    /// <exception cref="InvalidOperationException">Not on its shard, or a send is pending already.</exception>
    /// <exception cref="ObjectDisposedException">The socket is closed.</exception>
    /// <exception cref="SocketException">
    /// The peer has gone (<see cref="SocketError.ConnectionRefused"/>, and <see cref="SocketError.NotConnected"/> from then
    /// on, until <see cref="Connect"/> is called again), the datagram is larger than the send buffer
    /// (<see cref="SocketError.MessageSize"/>), or the socket was closed while the send was pending
    /// (<see cref="SocketError.OperationAborted"/>). But for the last, the socket can be used on.
    /// </exception>
    /// <exception cref="OperationCanceledException">The token fired.</exception>
    /// <remarks>Hot path.</remarks>
    public ValueTask SendAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default) =>
        SendAsync(buffer, null, cancellationToken);

    /// <summary>
    /// Sends one datagram to an address. It goes there before this returns if there is room in the receiver's queue;
    /// otherwise this waits until there is.
    /// </summary>
    /// <param name="buffer">The bytes; not to be changed until the await has ended. An empty one is sent like any other.</param>
    /// <param name="to">A path, or an abstract name if the first character is a zero.</param>
    /// <param name="cancellationToken">Ends the wait: then the datagram has not been sent.</param>
    /// <exception cref="InvalidOperationException">Not on its shard, or a send is pending already.</exception>
    /// <exception cref="ObjectDisposedException">The socket is closed.</exception>
    /// <exception cref="SocketException">
    /// There is no such file (<see cref="SocketError.AddressNotAvailable"/>), nobody has the name
    /// (<see cref="SocketError.ConnectionRefused"/>), permission lacks or the receiver is connected to another
    /// (<see cref="SocketError.AccessDenied"/>), the datagram is larger than the send buffer
    /// (<see cref="SocketError.MessageSize"/>), or the socket was closed while the send was pending
    /// (<see cref="SocketError.OperationAborted"/>). But for the last, the socket can be used on.
    /// </exception>
    /// <exception cref="OperationCanceledException">The token fired.</exception>
    /// <remarks>
    /// Hot path. The kernel tells nobody when there is room again in the queue of an address: this tries again after 1 ms,
    /// 2 ms, up to every 50 ms. Who sends much to one receiver had better <see cref="Connect"/>: there the kernel tells.
    /// </remarks>
    public ValueTask SendToAsync(ReadOnlyMemory<byte> buffer, UnixDomainSocketEndPoint to, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(to);
        return SendAsync(buffer, to, cancellationToken);
    }

    /// <summary>Sends one datagram to the connected peer, without waiting and without exceptions for what the peer does.</summary>
    /// <param name="buffer">The bytes.</param>
    /// <returns><see cref="SocketError.Success"/>, <see cref="SocketError.WouldBlock"/> when there is no room, or what <see cref="SendAsync(ReadOnlyMemory{byte}, CancellationToken)"/> would throw.</returns>
    /// <exception cref="InvalidOperationException">Not on its shard, or a send is pending.</exception>
    /// <exception cref="ObjectDisposedException">The socket is closed.</exception>
    public SocketError TrySend(ReadOnlySpan<byte> buffer)
    {
        VerifySendable();
        return SocketErrors.Outcome(SendNow(buffer, null), out _);
    }

    /// <summary>Sends one datagram to an address, without waiting and without exceptions for what the peer does.</summary>
    /// <param name="buffer">The bytes.</param>
    /// <param name="to">A path, or an abstract name if the first character is a zero.</param>
    /// <returns><see cref="SocketError.Success"/>, <see cref="SocketError.WouldBlock"/> when there is no room, or what <see cref="SendToAsync"/> would throw.</returns>
    /// <exception cref="InvalidOperationException">Not on its shard, or a send is pending.</exception>
    /// <exception cref="ObjectDisposedException">The socket is closed.</exception>
    public SocketError TrySendTo(ReadOnlySpan<byte> buffer, UnixDomainSocketEndPoint to)
    {
        ArgumentNullException.ThrowIfNull(to);
        VerifySendable();
        return SocketErrors.Outcome(SendNow(buffer, to), out _);
    }

    private ValueTask SendAsync(ReadOnlyMemory<byte> buffer, UnixDomainSocketEndPoint? to, CancellationToken cancellationToken)
    {
        VerifySendable();
        if (cancellationToken.IsCancellationRequested)
        {
            return ValueTask.FromCanceled(cancellationToken);
        }

        SysResult result = SendNow(buffer.Span, to);
        if (!result.IsError)
        {
            return Shard.YieldIfSliceIsOver();
        }

        if (!result.WouldBlock)
        {
            return ValueTask.FromException(SendError(to, result.Errno));
        }

        return (_send ??= new SendOperation(this)).Start(buffer, to, cancellationToken);
    }

    private void VerifySendable()
    {
        VerifyUsable();
        if (_send is { IsBusy: true })
        {
            throw Busy("send");
        }
    }

    /// <remarks>Hot path: one system call.</remarks>
    private SysResult SendNow(ReadOnlySpan<byte> buffer, UnixDomainSocketEndPoint? to)
    {
        if (to is not null && !ReferenceEquals(to, _target))
        {
            _targetAddress = NativeUnixAddress.From(to);
            _target = to;
        }

        SysResult result;
        do
        {
            result = Count(to is null ? Sockets.Send(_fd, buffer) : UnixSockets.SendTo(_fd, buffer, ref _targetAddress));
        }
        while (result.Errno == LibC.EINTR);

        Shard.Counters.BytesSent += Math.Max(result.Value, 0);
        return result;
    }

    private SocketException SendError(UnixDomainSocketEndPoint? to, int errno) =>
        UnixErrors.OfReaching($"send from {this} to {(to ?? RemoteEndPoint)?.ToString() ?? "its peer"}", errno);

    private sealed class SendOperation : ShardOperation<bool>
    {
        private readonly UnixDatagramSocket _socket;
        private readonly RetryTimer _timer;
        private ReadOnlyMemory<byte> _buffer;
        private UnixDomainSocketEndPoint? _to;
        private TimeSpan _pause;

        internal SendOperation(UnixDatagramSocket socket)
            : base(socket.Shard, socket._handle, PollDirection.Write)
        {
            _socket = socket;
            _timer = new RetryTimer(this);
        }

        internal ValueTask Start(ReadOnlyMemory<byte> buffer, UnixDomainSocketEndPoint? to, CancellationToken cancellationToken)
        {
            _buffer = buffer;
            _to = to;
            _pause = UnixRetry.FirstPause;
            Wait();
            Begin(cancellationToken);
            return VoidFuture;
        }

        protected override void Attempt(int pollResult)
        {
            SysResult result = pollResult < 0 ? SysResult.Failure(-pollResult) : _socket.SendNow(_buffer.Span, _to);
            if (!result.IsError)
            {
                Complete(true);
            }
            else if (result.WouldBlock)
            {
                Wait();
            }
            else
            {
                Fail(_socket.SendError(_to, result.Errno));
            }
        }

        protected override void Release()
        {
            _buffer = default;
            _to = null;
        }

        /// <summary>For the connected peer the kernel tells when there is room; for others, a poll says at once that there is, always.</summary>
        private void Wait()
        {
            if (_to is null)
            {
                Arm();
            }
            else if (!_timer.IsArmed)
            {
                Shard.ArmTimer(_timer, _pause);
                _pause = UnixRetry.Longer(_pause);
            }
        }

        /// <summary>
        /// Is not cancelled with its send: one that fires late is a hint to nobody, or to the next send, as readiness is.
        /// </summary>
        private sealed class RetryTimer(SendOperation send) : TimerEntry
        {
            internal override void OnDue() => send.OnReady(0);
        }
    }
}
