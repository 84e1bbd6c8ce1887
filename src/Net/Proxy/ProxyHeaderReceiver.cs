using System.Buffers;
using Reactor.Kernel;

namespace Reactor.Net;

/// <summary>
/// Receives a PROXY header and not a byte more. What has come is looked at without taking it (MSG_PEEK). If the header ends in it,
/// just the header is taken; if not, all of it belongs to the header and is taken at once, so that the socket is not ready again
/// before more has come.
/// </summary>
internal static class ProxyHeaderReceiver
{
    /// <returns>A header, which the connection then has, or why there is none; never that more is needed.</returns>
    /// <exception cref="System.Net.Sockets.SocketException">The connection failed, or was closed on this side meanwhile.</exception>
    /// <exception cref="OperationCanceledException">The token fired.</exception>
    internal static async ValueTask<ProxyParseResult> ReceiveAsync(StreamConnection connection, ProxyProtocolOptions options, CancellationToken cancellationToken)
    {
        if (!options.Trusts(connection.RemoteEndPoint))
        {
            return ProxyParseResult.WithoutHeader(ProxyHeaderError.NotTrusted);
        }

        using ShardTimeout timeout = Shard.Timeout(options.Timeout, cancellationToken);
        try
        {
            // No buffer for who says nothing.
            await connection.WaitToReceiveAsync(timeout.Token);
            byte[] buffer = ArrayPool<byte>.Shared.Rent(Math.Max(options.MaxLength, ProxyHeaderParser.LongestLine));
            try
            {
                ProxyParseResult result = await ReceiveAsync(connection, options, buffer, timeout.Token);
                connection.ProxyHeader = result.Header;
                return result;
            }
            finally
            {
                ArrayPool<byte>.Shared.Return(buffer);
            }
        }
        catch (OperationCanceledException)
        {
            // The token that ended it is the timeout's, and no caller knows that one.
            cancellationToken.ThrowIfCancellationRequested();
            if (!timeout.HasElapsed)
            {
                throw;
            }

            return ProxyParseResult.WithoutHeader(ProxyHeaderError.TimedOut);
        }
    }

    private static async ValueTask<ProxyParseResult> ReceiveAsync(StreamConnection connection, ProxyProtocolOptions options, byte[] buffer, CancellationToken cancellationToken)
    {
        int taken = 0;
        while (true)
        {
            SysResult peeked = connection.PeekNow(buffer.AsSpan(taken));
            if (!peeked.IsError)
            {
                if (peeked.Value == 0)
                {
                    return ProxyParseResult.WithoutHeader(ProxyHeaderError.Ended);
                }

                ProxyParseResult result = ProxyHeader.Parse(buffer.AsSpan(0, taken + peeked.Value), options);
                if (result.Error != ProxyHeaderError.None)
                {
                    return result;
                }

                int end = result.NeedsMore ? taken + peeked.Value : result.Consumed;
                while (taken < end)
                {
                    taken += await connection.ReceiveAsync(buffer.AsMemory(taken, end - taken), cancellationToken);
                }

                if (!result.NeedsMore)
                {
                    return result;
                }
            }
            else if (!peeked.WouldBlock)
            {
                throw SocketErrors.From($"receive the PROXY header of {connection}", peeked.Errno);
            }

            await connection.WaitToReceiveAsync(cancellationToken);
        }
    }
}
