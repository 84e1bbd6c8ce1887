using System.Net.Sockets;
using Reactor.Kernel;
using Reactor.Polling;
using Reactor.Shards;
using Tmds.Linux;

namespace Reactor.Net;

// Sending.
public sealed partial class UdpSocket
{
    private SendOperation? _send;

    /// <summary>
    /// Sends a datagram to the peer that the socket is connected to. It goes to the kernel before this returns if its send
    /// buffer has room, which is nearly always so; otherwise the await ends when it has gone there.
    /// </summary>
    /// <param name="buffer">The content; not to be changed until the await has ended. An empty one makes a datagram without content.</param>
    /// <param name="cancellationToken">Ends the wait; the datagram is not sent.</param>
    /// <exception cref="InvalidOperationException">Not on its shard, or a send is pending already.</exception>
    /// <exception cref="ObjectDisposedException">The socket is closed.</exception>
    /// <exception cref="SocketException">
    /// The datagram was not sent: it is too long (<see cref="SocketError.MessageSize"/>), the socket is not connected
    /// (<see cref="SocketError.DestinationAddressRequired"/>), the peer cannot be reached (see the remarks on
    /// <see cref="UdpSocket"/>), or the socket was closed while the send was pending
    /// (<see cref="SocketError.OperationAborted"/>).
    /// </exception>
    /// <exception cref="OperationCanceledException">The token fired.</exception>
    /// <remarks>Hot path.</remarks>
    public ValueTask SendAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default) =>
        Send(buffer, default, default, cancellationToken);

    /// <summary>Sends a datagram to an address; else the same as <see cref="SendAsync"/>.</summary>
    /// <param name="buffer">The content; not to be changed until the await has ended. An empty one makes a datagram without content.</param>
    /// <param name="to">Where to. A dual-mode socket takes IPv4 as it is. A connected socket may send elsewhere, too.</param>
    /// <param name="cancellationToken">Ends the wait; the datagram is not sent.</param>
    /// <exception cref="InvalidOperationException">Not on its shard, or a send is pending already.</exception>
    /// <exception cref="ObjectDisposedException">The socket is closed.</exception>
    /// <exception cref="SocketException">As for <see cref="SendAsync"/>.</exception>
    /// <exception cref="OperationCanceledException">The token fired.</exception>
    /// <remarks>Hot path.</remarks>
    public ValueTask SendToAsync(ReadOnlyMemory<byte> buffer, UdpAddress to, CancellationToken cancellationToken = default) =>
        Send(buffer, OfFamily(to), default, cancellationToken);

    /// <summary>Sends a datagram to an address, from a given one: so an answer comes from the address that was asked.</summary>
    /// <param name="buffer">The content; not to be changed until the await has ended. An empty one makes a datagram without content.</param>
    /// <param name="to">Where to.</param>
    /// <param name="from">
    /// An address of this machine: <see cref="UdpReceived.Local"/> of a request. Its port is not used, because a socket sends
    /// from its own. One that is not known leaves the choice to the kernel.
    /// </param>
    /// <param name="cancellationToken">Ends the wait; the datagram is not sent.</param>
    /// <exception cref="InvalidOperationException">Not on its shard, or a send is pending already.</exception>
    /// <exception cref="ObjectDisposedException">The socket is closed.</exception>
    /// <exception cref="SocketException">As for <see cref="SendAsync"/>, or <paramref name="from"/> is no address that this machine can send from.</exception>
    /// <exception cref="OperationCanceledException">The token fired.</exception>
    /// <remarks>Hot path.</remarks>
    public ValueTask SendToAsync(ReadOnlyMemory<byte> buffer, UdpAddress to, UdpAddress from, CancellationToken cancellationToken = default) =>
        Send(buffer, OfFamily(to), OfFamily(from), cancellationToken);

    /// <summary>Sends a datagram to the connected peer, without waiting and without exceptions for what the network does.</summary>
    /// <param name="buffer">The content.</param>
    /// <returns>
    /// <see cref="SocketError.Success"/>, <see cref="SocketError.WouldBlock"/> when there is no room
    /// (<see cref="WaitToSendAsync"/> waits for it), or why it was not sent.
    /// </returns>
    /// <exception cref="InvalidOperationException">Not on its shard, or a send is pending.</exception>
    /// <exception cref="ObjectDisposedException">The socket is closed.</exception>
    public SocketError TrySend(ReadOnlySpan<byte> buffer) => TrySendTo(buffer, default);

    /// <summary>Sends a datagram to an address, without waiting and without exceptions for what the network does.</summary>
    /// <param name="buffer">The content.</param>
    /// <param name="to">Where to.</param>
    /// <param name="from">The address of this machine to send from, if it matters.</param>
    /// <returns>As <see cref="TrySend"/>.</returns>
    /// <exception cref="InvalidOperationException">Not on its shard, or a send is pending.</exception>
    /// <exception cref="ObjectDisposedException">The socket is closed.</exception>
    public SocketError TrySendTo(ReadOnlySpan<byte> buffer, UdpAddress to, UdpAddress from = default)
    {
        VerifySendable();
        return SocketErrors.Outcome(SendNow(buffer, OfFamily(to), OfFamily(from)), out _);
    }

    /// <summary>Waits until the kernel has room for more, or there is a failure: then <see cref="TrySend"/> tells.</summary>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="InvalidOperationException">Not on its shard, or a send is pending already.</exception>
    /// <exception cref="ObjectDisposedException">The socket is closed.</exception>
    /// <exception cref="SocketException">The socket was closed meanwhile (<see cref="SocketError.OperationAborted"/>).</exception>
    /// <exception cref="OperationCanceledException">The token fired.</exception>
    public ValueTask WaitToSendAsync(CancellationToken cancellationToken = default)
    {
        VerifySendable();
        return cancellationToken.IsCancellationRequested ? ValueTask.FromCanceled(cancellationToken) : Sender.StartWait(cancellationToken);
    }

    private SendOperation Sender => _send ??= new SendOperation(this);

    private void VerifySendable()
    {
        VerifyUsable();
        if (_send is { IsBusy: true })
        {
            throw Busy("send");
        }
    }

    private NativeAddress OfFamily(UdpAddress address) => _isIPv6 ? address.Native.ToIPv6() : address.Native;

    private ValueTask Send(ReadOnlyMemory<byte> buffer, in NativeAddress to, in NativeAddress from, CancellationToken cancellationToken)
    {
        VerifySendable();
        if (cancellationToken.IsCancellationRequested)
        {
            return ValueTask.FromCanceled(cancellationToken);
        }

        SysResult result = SendNow(buffer.Span, to, from);
        if (!result.IsError)
        {
            // Now, or in the next turn if the caller has had its share of this one.
            return Shard.YieldIfSliceIsOver();
        }

        return result.WouldBlock
            ? Sender.Start(buffer, to, from, cancellationToken)
            : ValueTask.FromException(SendError(result.Errno, to, from));
    }

    /// <remarks>Hot path: one system call.</remarks>
    private SysResult SendNow(ReadOnlySpan<byte> buffer, in NativeAddress to, in NativeAddress from)
    {
        SysResult result;
        do
        {
            result = Count(to.IsKnown || from.IsKnown ? DatagramSockets.Send(_fd, buffer, to, from) : Sockets.Send(_fd, buffer));
        }
        while (result.Errno == LibC.EINTR);

        Shard.Counters.BytesSent += Math.Max(result.Value, 0);
        return result;
    }

    private SocketException SendError(int errno, in NativeAddress to, in NativeAddress from) => SocketErrors.From(
        $"send{(to.IsKnown ? $" to {to.ToIPEndPoint()}" : "")}{(from.IsKnown ? $" from {from.ToIPEndPoint()!.Address}" : "")} on {this}",
        errno,
        errno switch
        {
            _ when errno == LibC.EACCES => $". Set {nameof(UdpOptions)}.{nameof(UdpOptions.Broadcast)} to send to a broadcast address.",
            _ when errno == LibC.EDESTADDRREQ => $". The socket is not connected: use {nameof(SendToAsync)}.",
            _ when errno == LibC.EMSGSIZE => ". A datagram has at most 65,507 bytes over IPv4, 65,527 over IPv6.",
            _ when from.IsKnown && (errno == LibC.EINVAL || errno == LibC.ENETUNREACH) => ". The address to send from has to be one of this machine's.",
            _ => null,
        });

    private sealed class SendOperation(UdpSocket socket) : ShardOperation<int>(socket.Shard, socket._handle, PollDirection.Write)
    {
        private Work _work;
        private ReadOnlyMemory<byte> _buffer;
        private NativeAddress _to;
        private NativeAddress _from;
        private UdpBatch? _batch;

        /// <summary>What is to be done when there is room.</summary>
        private enum Work
        {
            Wait,
            SendOne,
            SendBatch,
        }

        internal ValueTask Start(ReadOnlyMemory<byte> buffer, in NativeAddress to, in NativeAddress from, CancellationToken cancellationToken)
        {
            _work = Work.SendOne;
            _buffer = buffer;
            _to = to;
            _from = from;
            Arm();
            Begin(cancellationToken);
            return VoidFuture;
        }

        internal ValueTask<int> Start(UdpBatch batch, CancellationToken cancellationToken)
        {
            Hold(batch);
            Arm();
            Begin(cancellationToken);
            return Future;
        }

        /// <summary>All has gone; the next turn tells so.</summary>
        internal ValueTask<int> StartNextTurn(UdpBatch batch)
        {
            Hold(batch);
            BeginReady(CancellationToken.None);
            return Future;
        }

        internal ValueTask StartWait(CancellationToken cancellationToken)
        {
            _work = Work.Wait;
            Arm();
            Begin(cancellationToken);
            return VoidFuture;
        }

        protected override void Attempt(int pollResult)
        {
            SysResult result = pollResult < 0 ? SysResult.Failure(-pollResult) : SendMore();
            if (!result.IsError)
            {
                Complete(_batch?.Sent ?? 0);
            }
            else if (result.WouldBlock)
            {
                Arm();
            }
            else
            {
                Fail(socket.SendError(result.Errno, _to, _from));
            }
        }

        protected override void Release()
        {
            _buffer = default;
            _to = _from = default;
            _batch?.Release();
            _batch = null;
        }

        private void Hold(UdpBatch batch)
        {
            batch.Hold();
            _work = Work.SendBatch;
            _batch = batch;
        }

        private SysResult SendMore() => _work switch
        {
            Work.SendOne => socket.SendNow(_buffer.Span, _to, _from),
            Work.SendBatch => socket.SendNow(_batch!),
            _ => default,
        };
    }
}
