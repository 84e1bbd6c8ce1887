using System.Net.Sockets;

namespace Reactor.Net;

// Closing when the peer has everything.
public sealed partial class TcpConnection
{
    private const int LingerBufferSize = 4_096;

    /// <summary>
    /// Closes the connection when the peer has everything: sends the end (FIN), and waits for the peer's own, dropping what it
    /// still sends. So unlike <see cref="StreamConnection.Close"/> this does not answer such bytes with a reset, which could
    /// cost the peer what was sent last; and it tells whether all has arrived, for which SO_LINGER would block the shard.
    /// </summary>
    /// <param name="linger">
    /// How long to wait for the peer; after that the connection is closed as by <see cref="StreamConnection.Close"/>, and the
    /// kernel goes on alone. <see cref="Timeout.InfiniteTimeSpan"/> waits until the peer ends it, or the token.
    /// </param>
    /// <param name="cancellationToken">Ends the wait; the connection is reset.</param>
    /// <returns>
    /// True when the peer has finished too, and so has everything. False when that is not known: the time was over, the
    /// connection failed, or it was closed meanwhile by somebody else. It is closed in any case.
    /// </returns>
    /// <exception cref="InvalidOperationException">Not on its shard, or a send or a receive is pending.</exception>
    /// <exception cref="ObjectDisposedException">The connection is closed.</exception>
    /// <exception cref="OperationCanceledException">The token fired.</exception>
    public async ValueTask<bool> CloseAsync(TimeSpan linger, CancellationToken cancellationToken = default)
    {
        VerifyReceivable();
        VerifySendable();
        using ShardTimeout timeout = Shard.Timeout(linger, cancellationToken);
        try
        {
            ShutdownSend();
            return await ReceiveRestAsync(timeout.Token);
        }
        catch (SocketException)
        {
            return false;
        }
        catch (OperationCanceledException)
        {
            if (cancellationToken.IsCancellationRequested)
            {
                Abort();
                throw new OperationCanceledException(cancellationToken);
            }

            return false;
        }
        finally
        {
            Close();
        }
    }

    /// <summary>True at the end, false when the connection has failed.</summary>
    private async ValueTask<bool> ReceiveRestAsync(CancellationToken cancellationToken)
    {
        byte[]? buffer = null;
        while (true)
        {
            await WaitToReceiveAsync(cancellationToken);
            buffer ??= new byte[LingerBufferSize];
            SocketError outcome;
            do
            {
                outcome = TryReceive(buffer, out int received);
                if (outcome == SocketError.Success && received == 0)
                {
                    return true;
                }
            }
            while (outcome == SocketError.Success && !Shard.SliceIsOver);

            if (outcome is not (SocketError.Success or SocketError.WouldBlock))
            {
                return false;
            }
        }
    }
}
