using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using Microsoft.Extensions.Logging;

namespace Reactor.Net.Hosting;

/// <summary>Shakes hands with a client before the handler of its connection runs, and says good-bye to it after.</summary>
/// <param name="server">The name of the server, for the log.</param>
/// <param name="options">The server's.</param>
/// <param name="handler">Serves a connection within TLS.</param>
/// <param name="logger">Is told of clients that do not shake hands.</param>
internal sealed class TlsHandler(string server, TlsServerOptions options, Func<TcpConnection, CancellationToken, Task> handler, ILogger logger)
{
    private readonly SslServerAuthenticationOptions _authentication = options.Open();

    internal async Task HandleAsync(TcpConnection connection, CancellationToken stopping)
    {
        var tls = new HandlerTlsStream(connection.AsStream());
        try
        {
            await ShakeHandsAsync(tls, connection, stopping);
            connection.UseTls(tls);
            await handler(connection, stopping);
            if (connection.Shard.IsOnShard && !connection.IsClosed)
            {
                await SayGoodByeAsync(tls, connection);
            }
        }
        finally
        {
            await tls.ReleaseAsync();
        }
    }

    private async Task ShakeHandsAsync(SslStream tls, TcpConnection connection, CancellationToken stopping)
    {
        using var end = new CancellationTokenSource(options.HandshakeTimeout, connection.Shard.TimeProvider);
        using CancellationTokenRegistration registration = stopping.UnsafeRegister(static end => ((CancellationTokenSource)end!).Cancel(), end);
        try
        {
            await tls.AuthenticateAsServerAsync(_authentication, end.Token);
        }
        catch (Exception failure) when (failure is AuthenticationException or IOException or OperationCanceledException or SocketException)
        {
            string reason = failure is OperationCanceledException
                ? stopping.IsCancellationRequested ? "the server stops" : $"not done in {options.HandshakeTimeout}"
                : (failure.InnerException ?? failure).Message;
            NetLog.HandshakeFailed(logger, server, connection.RemoteEndPoint, reason);
            throw new HandshakeFailedException($"The TLS handshake on {connection} failed: {reason}", failure);
        }
    }

    /// <summary>close_notify, without which a client cannot tell the end from a cut.</summary>
    private async Task SayGoodByeAsync(SslStream tls, TcpConnection connection)
    {
        try
        {
            await tls.ShutdownAsync().WaitAsync(options.HandshakeTimeout, connection.Shard.TimeProvider);
        }
        catch (Exception failure) when (failure is IOException or SocketException or TimeoutException or InvalidOperationException)
        {
            // It is gone, or does not read.
            throw new HandshakeFailedException($"The end of TLS on {connection} could not be told: {failure.Message}", failure);
        }
    }
}
