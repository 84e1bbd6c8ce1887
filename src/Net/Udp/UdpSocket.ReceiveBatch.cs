using System.Net.Sockets;
using Reactor.Kernel;
using Reactor.Polling;
using Reactor.Shards;
using Tmds.Linux;

namespace Reactor.Net;

// Receiving many datagrams in one call, and waiting for some without room for any.
public sealed partial class UdpSocket
{
    private BatchReceiveOperation? _batchReceive;

    /// <summary>
    /// Receives as many datagrams as are there and the batch has room for, by one system call (recvmmsg), or waits for the
    /// first. Returns how many, which is the batch's <see cref="UdpBatch.Count"/> too.
    /// </summary>
    /// <param name="batch">Takes the datagrams and forgets what was in it; the operation's until the await has ended.</param>
    /// <param name="cancellationToken">Ends the wait. Nothing is lost: what arrives is for the next receive.</param>
    /// <exception cref="InvalidOperationException">Not on its shard, a receive is pending already, or another operation has the batch.</exception>
    /// <exception cref="ObjectDisposedException">The socket is closed.</exception>
    /// <exception cref="SocketException">As for a single datagram. Datagrams that have come are for the next receive.</exception>
    /// <exception cref="OperationCanceledException">The token fired.</exception>
    /// <remarks>Hot path.</remarks>
    public ValueTask<int> ReceiveBatchAsync(UdpBatch batch, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(batch);
        VerifyReceivable();
        batch.Clear();
        if (cancellationToken.IsCancellationRequested)
        {
            return ValueTask.FromCanceled<int>(cancellationToken);
        }

        if (_tries.IsNext())
        {
            if (Shard.SliceIsOver)
            {
                return BatchReceiver.StartNextTurn(batch, cancellationToken);
            }

            SysResult result = ReceiveNow(batch);
            if (!result.WouldBlock)
            {
                return result.IsError ? ValueTask.FromException<int>(ReceiveError(result.Errno)) : new ValueTask<int>(result.Value);
            }
        }

        return BatchReceiver.Start(batch, cancellationToken);
    }

    /// <summary>
    /// Waits until there is something to receive, or a failure: then <see cref="TryReceive"/> or a receive tell. So an idle
    /// socket holds no buffer.
    /// </summary>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="InvalidOperationException">Not on its shard, or a receive is pending already.</exception>
    /// <exception cref="ObjectDisposedException">The socket is closed.</exception>
    /// <exception cref="SocketException">The socket was closed meanwhile (<see cref="SocketError.OperationAborted"/>).</exception>
    /// <exception cref="OperationCanceledException">The token fired.</exception>
    public ValueTask WaitToReceiveAsync(CancellationToken cancellationToken = default)
    {
        VerifyReceivable();
        return cancellationToken.IsCancellationRequested ? ValueTask.FromCanceled(cancellationToken) : BatchReceiver.StartWait(cancellationToken);
    }

    private BatchReceiveOperation BatchReceiver => _batchReceive ??= new BatchReceiveOperation(this);

    /// <remarks>Hot path: one system call.</remarks>
    private SysResult ReceiveNow(UdpBatch batch)
    {
        SysResult result;
        do
        {
            result = Count(batch.Receive(_fd, _local, _asksForLocal, out long bytes));
            Shard.Counters.BytesReceived += bytes;
        }
        while (result.Errno == LibC.EINTR);

        if (result.Value == batch.Capacity)
        {
            _tries.Found();
        }
        else
        {
            _tries.Emptied();
        }

        return result;
    }

    private sealed class BatchReceiveOperation(UdpSocket socket) : ShardOperation<int>(socket.Shard, socket._handle, PollDirection.Read)
    {
        // None for a wait.
        private UdpBatch? _batch;

        internal ValueTask<int> Start(UdpBatch batch, CancellationToken cancellationToken)
        {
            Hold(batch);
            Arm();
            Begin(cancellationToken);
            return Future;
        }

        /// <summary>Is tried in the next turn, without a poll.</summary>
        internal ValueTask<int> StartNextTurn(UdpBatch batch, CancellationToken cancellationToken)
        {
            Hold(batch);
            BeginReady(cancellationToken);
            return Future;
        }

        internal ValueTask StartWait(CancellationToken cancellationToken)
        {
            Arm();
            Begin(cancellationToken);
            return VoidFuture;
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
                Fail(socket.ReceiveError(result.Errno));
            }
        }

        protected override void Release()
        {
            _batch?.Release();
            _batch = null;
        }

        private void Hold(UdpBatch batch)
        {
            batch.Hold();
            _batch = batch;
        }

        private SysResult Receive()
        {
            if (_batch is not null)
            {
                return socket.ReceiveNow(_batch);
            }

            // Whoever has waited finds something.
            socket._tries.Found();
            return default;
        }
    }
}
