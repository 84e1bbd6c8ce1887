using System.Net.Sockets;
using Reactor.Kernel;
using Reactor.Polling;
using Reactor.Shards;
using Tmds.Linux;

namespace Reactor.Net;

// Sending.
public abstract partial class StreamConnection
{
    private SendOperation? _send;

    /// <summary>
    /// Sends all of the buffer. The bytes go to the kernel before this returns if its send buffer has room, which is the
    /// usual case; otherwise the await ends when the last byte has gone there.
    /// </summary>
    /// <param name="buffer">The bytes; not to be changed until the await has ended. An empty one sends nothing.</param>
    /// <param name="cancellationToken">
    /// Ends the wait. How much had been sent by then is not told, so that the connection is of no more use for a framed
    /// protocol: close it.
    /// </param>
    /// <exception cref="InvalidOperationException">Not on its shard, or a send is pending already.</exception>
    /// <exception cref="ObjectDisposedException">The connection is closed.</exception>
    /// <exception cref="SocketException">
    /// The connection failed (reset, timed out, shut down for sending), or was closed on this side while the send was
    /// pending (<see cref="SocketError.OperationAborted"/>).
    /// </exception>
    /// <exception cref="OperationCanceledException">The token fired.</exception>
    /// <remarks>Hot path.</remarks>
    public ValueTask SendAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        VerifySendable();
        if (cancellationToken.IsCancellationRequested)
        {
            return ValueTask.FromCanceled(cancellationToken);
        }

        if (buffer.IsEmpty)
        {
            return default;
        }

        SysResult result = SendNow(buffer.Span);
        if (result.Value == buffer.Length)
        {
            return Done();
        }

        if (result.IsError && !result.WouldBlock)
        {
            return ValueTask.FromException(SendError(result.Errno));
        }

        return Sender.Start(buffer[Math.Max(result.Value, 0)..], cancellationToken);
    }

    /// <summary>Sends all bytes of several buffers, in order, gathered into as few system calls as will take them (sendmsg).</summary>
    /// <param name="buffers">The buffers; neither they nor the list may change until the await has ended. Empty ones are skipped.</param>
    /// <param name="cancellationToken">As for a single buffer.</param>
    /// <exception cref="InvalidOperationException">Not on its shard, or a send is pending already.</exception>
    /// <exception cref="ObjectDisposedException">The connection is closed.</exception>
    /// <exception cref="SocketException">As for a single buffer.</exception>
    /// <exception cref="OperationCanceledException">The token fired.</exception>
    public ValueTask SendAsync(IReadOnlyList<ReadOnlyMemory<byte>> buffers, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(buffers);
        VerifySendable();
        if (cancellationToken.IsCancellationRequested)
        {
            return ValueTask.FromCanceled(cancellationToken);
        }

        var rest = new GatheredBuffers(buffers);
        SysResult result = SendNow(ref rest);
        if (rest.IsEmpty)
        {
            return Done();
        }

        if (!result.WouldBlock)
        {
            return ValueTask.FromException(SendError(result.Errno));
        }

        return Sender.Start(rest, cancellationToken);
    }

    /// <summary>Sends what the kernel takes, without waiting and without exceptions for what the network does.</summary>
    /// <param name="buffer">The bytes; only the first <paramref name="sent"/> of them are sent.</param>
    /// <param name="sent">The number of bytes that the kernel has taken.</param>
    /// <returns>
    /// <see cref="SocketError.Success"/> when at least one byte was taken or the buffer is empty,
    /// <see cref="SocketError.WouldBlock"/> when there is no room (<see cref="WaitToSendAsync"/> waits for it), or how the
    /// connection failed.
    /// </returns>
    /// <exception cref="InvalidOperationException">Not on its shard, or a send is pending.</exception>
    /// <exception cref="ObjectDisposedException">The connection is closed.</exception>
    public SocketError TrySend(ReadOnlySpan<byte> buffer, out int sent)
    {
        VerifySendable();
        return SocketErrors.Outcome(buffer.IsEmpty ? default : SendNow(buffer), out sent);
    }

    /// <summary>Waits until the kernel has room for more, or the connection has failed: then <see cref="TrySend"/> tells.</summary>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="InvalidOperationException">Not on its shard, or a send is pending already.</exception>
    /// <exception cref="ObjectDisposedException">The connection is closed.</exception>
    /// <exception cref="SocketException">The connection was closed on this side meanwhile (<see cref="SocketError.OperationAborted"/>).</exception>
    /// <exception cref="OperationCanceledException">The token fired.</exception>
    public ValueTask WaitToSendAsync(CancellationToken cancellationToken = default)
    {
        VerifySendable();
        return cancellationToken.IsCancellationRequested ? ValueTask.FromCanceled(cancellationToken) : Sender.StartWait(cancellationToken);
    }

    /// <summary>
    /// Says that nothing more will be sent: the peer sees the end (FIN) after what was sent before. Receiving goes on.
    /// </summary>
    /// <exception cref="InvalidOperationException">Not on its shard, or a send is pending.</exception>
    /// <exception cref="ObjectDisposedException">The connection is closed.</exception>
    /// <exception cref="SocketException">The peer has reset the connection.</exception>
    public void ShutdownSend()
    {
        VerifySendable();
        OrThrow("shutdown for sending", Sockets.ShutdownSend(_fd));
    }

    private SendOperation Sender => _send ??= new SendOperation(this);

    private protected void VerifySendable()
    {
        VerifyDirect();
        if (_send is { IsBusy: true })
        {
            throw Busy("send");
        }
    }

    /// <remarks>Hot path: one system call.</remarks>
    internal SysResult SendNow(ReadOnlySpan<byte> buffer)
    {
        SysResult result;
        do
        {
            result = Count(Sockets.Send(_fd, buffer));
        }
        while (result.Errno == LibC.EINTR);

        Shard.Counters.BytesSent += Math.Max(result.Value, 0);
        return result;
    }

    /// <summary>Sends until everything has gone or the kernel takes no more; the answer is that of the last call.</summary>
    private unsafe SysResult SendNow(ref GatheredBuffers rest)
    {
        iovec* vectors = stackalloc iovec[Sockets.MaxVectors];
        SysResult result = default;
        while (!rest.IsEmpty && !result.IsError)
        {
            using (var pinned = new PinnedVectors(vectors))
            {
                foreach (ReadOnlyMemory<byte> buffer in rest)
                {
                    pinned.Add(buffer);
                    if (pinned.IsFull)
                    {
                        break;
                    }
                }

                result = Count(Sockets.Send(_fd, vectors, pinned.Count));
            }

            if (result.Errno == LibC.EINTR)
            {
                result = default;
            }

            int sent = Math.Max(result.Value, 0);
            Shard.Counters.BytesSent += sent;
            rest.Advance(sent);
        }

        return result;
    }

    /// <summary>Everything has gone: now, or in the next turn if the caller has had its share of this one.</summary>
    private ValueTask Done()
    {
        if (!Shard.SliceIsOver)
        {
            return default;
        }

        // The shard's yield knows no libraries.
        return _stream is null ? Shard.Yield() : Sender.StartNextTurn();
    }

    private Exception SendError(int errno) => Told(SocketErrors.From($"send on {this}", errno));

    private sealed class SendOperation(StreamConnection connection) : ShardOperation<bool>(connection.Shard, connection._handle, PollDirection.Write)
    {
        // What is still to be sent: one buffer, or several.
        private ReadOnlyMemory<byte> _buffer;
        private GatheredBuffers _buffers;

        internal ValueTask Start(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken)
        {
            _buffer = buffer;
            return Start(cancellationToken);
        }

        internal ValueTask Start(in GatheredBuffers buffers, CancellationToken cancellationToken)
        {
            _buffers = buffers;
            return Start(cancellationToken);
        }

        internal ValueTask StartWait(CancellationToken cancellationToken) => Start(cancellationToken);

        /// <summary>Everything has gone: it ends in the next turn.</summary>
        internal ValueTask StartNextTurn()
        {
            BeginReady(CancellationToken.None);
            return VoidFuture;
        }

        /// <summary>So is a wait, which has nothing to send, as soon as it is ready.</summary>
        private bool IsDone => _buffer.IsEmpty && _buffers.IsEmpty;

        private ValueTask Start(CancellationToken cancellationToken)
        {
            Arm();
            Begin(cancellationToken);
            return VoidFuture;
        }

        protected override void Attempt(int pollResult)
        {
            SysResult result = default;
            if (pollResult < 0)
            {
                result = SysResult.Failure(-pollResult);
            }
            else if (!IsDone)
            {
                result = SendMore();
            }

            if (result.IsError && !result.WouldBlock)
            {
                Fail(connection.SendError(result.Errno));
            }
            else if (IsDone)
            {
                Complete(true);
            }
            else
            {
                Arm();
            }
        }

        protected override void Release()
        {
            _buffer = default;
            _buffers = default;
        }

        private SysResult SendMore()
        {
            if (!_buffers.IsEmpty)
            {
                return connection.SendNow(ref _buffers);
            }

            SysResult result = connection.SendNow(_buffer.Span);
            _buffer = _buffer[Math.Max(result.Value, 0)..];
            return result;
        }
    }
}
