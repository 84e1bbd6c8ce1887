using System.Net;
using System.Threading.Channels;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Logging;

namespace Reactor.Net.Kestrel;

/// <summary>A listener of Kestrel: a server on all shards, whose connections come out through a channel.</summary>
/// <typeparam name="TConnection">What comes in.</typeparam>
internal sealed class ReactorConnectionListener<TConnection> : IConnectionListener
    where TConnection : StreamConnection
{
    private readonly TransportShards _shards;
    private readonly ReactorTransportOptions _options;
    private readonly ILogger _logger;
    private readonly Channel<ConnectionContext> _accepted = Channel.CreateUnbounded<ConnectionContext>(new UnboundedChannelOptions { SingleReader = true });
    private ConnectionServer<TConnection> _server = null!;

    private ReactorConnectionListener(TransportShards shards, ReactorTransportOptions options, ILogger logger) =>
        (_shards, _options, _logger) = (shards, options, logger);

    /// <summary>The address that it is bound to, with the port that the kernel chose if port 0 was asked for.</summary>
    public EndPoint EndPoint => _server.EndPoint;

    /// <param name="shards">What connections find on their shard.</param>
    /// <param name="options">Checked.</param>
    /// <param name="logger">Is told of connections.</param>
    /// <param name="start">Starts the server, with this handler for its connections.</param>
    internal static async Task<IConnectionListener> BindAsync(
        TransportShards shards,
        ReactorTransportOptions options,
        ILogger logger,
        Func<Func<TConnection, Task>, Task<ConnectionServer<TConnection>>> start)
    {
        var listener = new ReactorConnectionListener<TConnection>(shards, options, logger);
        listener._server = await start(listener.HandAsync).ConfigureAwait(false);
        return listener;
    }

    /// <summary>The next connection; null when the listener has been unbound and all have been taken.</summary>
    public async ValueTask<ConnectionContext?> AcceptAsync(CancellationToken cancellationToken = default)
    {
        while (await _accepted.Reader.WaitToReadAsync(cancellationToken).ConfigureAwait(false))
        {
            if (_accepted.Reader.TryRead(out ConnectionContext? connection))
            {
                return connection;
            }
        }

        return null;
    }

    public async ValueTask UnbindAsync(CancellationToken cancellationToken = default)
    {
        await _server.StopAcceptingAsync().WaitAsync(cancellationToken).ConfigureAwait(false);
        _accepted.Writer.TryComplete();
    }

    /// <remarks>Kestrel has closed its connections by then, or given up on them.</remarks>
    public async ValueTask DisposeAsync()
    {
        using var now = new CancellationTokenSource();
        await now.CancelAsync().ConfigureAwait(false);
        await _server.StopAsync(now.Token).ConfigureAwait(false);
        _accepted.Writer.TryComplete();
        while (_accepted.Reader.TryRead(out ConnectionContext? connection))
        {
            await connection.DisposeAsync().ConfigureAwait(false);
        }
    }

    /// <summary>On the shard: hands a connection to Kestrel, and has it until its socket has been given back.</summary>
    private Task HandAsync(TConnection connection)
    {
        var context = new ReactorConnectionContext(_shards.Local, connection, _options, _logger);
        if (!_accepted.Writer.TryWrite(context))
        {
            // Its header of the PROXY protocol came after the unbind. To the client it is as if it had not been accepted.
            connection.Abort();
            return Task.CompletedTask;
        }

        return context.Closed;
    }
}
