using System.Net.Sockets;
using Reactor.Kernel;
using Tmds.Linux;

namespace Reactor.Net;

// Sending many datagrams in one call.
public sealed partial class UdpSocket
{
    /// <summary>
    /// Sends all datagrams of a batch, in their order, by as few system calls as will take them (sendmmsg). One that cannot
    /// be sent does not keep the others back: <see cref="UdpDatagram.Error"/> tells of each. Returns how many were sent.
    /// </summary>
    /// <param name="batch">The datagrams; the operation's until the await has ended. It still has them then.</param>
    /// <param name="cancellationToken">Ends the wait for room; those that were not sent by then have <see cref="SocketError.WouldBlock"/>.</param>
    /// <exception cref="InvalidOperationException">Not on its shard, a send is pending already, or another operation has the batch.</exception>
    /// <exception cref="ObjectDisposedException">The socket is closed.</exception>
    /// <exception cref="SocketException">The socket was closed while the send was pending (<see cref="SocketError.OperationAborted"/>).</exception>
    /// <exception cref="OperationCanceledException">The token fired.</exception>
    /// <remarks>
    /// Hot path. What ICMP answers to one datagram of a batch while the next is sent, the kernel keeps to itself: it tells
    /// errors of the first of a call only, and then has forgotten it.
    /// </remarks>
    public ValueTask<int> SendBatchAsync(UdpBatch batch, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(batch);
        VerifySendable();
        batch.PrepareSend(_isIPv6);
        if (cancellationToken.IsCancellationRequested)
        {
            return ValueTask.FromCanceled<int>(cancellationToken);
        }

        if (SendNow(batch).WouldBlock)
        {
            return Sender.Start(batch, cancellationToken);
        }

        return Shard.SliceIsOver ? Sender.StartNextTurn(batch) : new ValueTask<int>(batch.Sent);
    }

    /// <summary>Sends until all are done with, or there is no room: a success, or EAGAIN.</summary>
    /// <remarks>Hot path: one system call, and one more for each datagram that fails.</remarks>
    private SysResult SendNow(UdpBatch batch)
    {
        while (!batch.IsDone)
        {
            SysResult result = Count(batch.Send(_fd, out long bytes));
            Shard.Counters.BytesSent += bytes;
            if (result.WouldBlock)
            {
                return result;
            }

            if (result.IsError && result.Errno != LibC.EINTR)
            {
                batch.SkipFailed(result.Errno);
            }
        }

        return default;
    }
}
