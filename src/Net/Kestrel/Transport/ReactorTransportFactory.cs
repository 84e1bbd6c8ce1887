using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace Reactor.Net.Kestrel;

/// <summary>Binds Kestrel's listeners to the shards of the application's host. All listeners share them.</summary>
internal sealed class ReactorTransportFactory : IConnectionListenerFactory, IConnectionListenerFactorySelector, IDisposable
{
    private readonly IServiceProvider _services;

    // Read when there is something to bind: what is wrong with them is for the start to tell.
    private readonly IOptions<ReactorTransportOptions> _options;
    private readonly ILogger _logger;
    private readonly Lazy<ReactorHost?> _host;
    private readonly Lazy<TransportShards> _shards;

    public ReactorTransportFactory(IServiceProvider services, IOptions<ReactorTransportOptions> options)
    {
        _services = services;
        _options = options;
        _logger = (services.GetService<ILoggerFactory>() ?? NullLoggerFactory.Instance).CreateLogger(TransportLog.Category);
        _host = new Lazy<ReactorHost?>(FindHost);
        _shards = new Lazy<TransportShards>(() => new TransportShards(_host.Value!, services.GetService<IMemoryPoolFactory<byte>>()));
    }

    private ReactorTransportOptions Options => _options.Value;

    /// <summary>False for what is not ours (QUIC, named pipes), and for all where there are no shards: then Kestrel asks the transport that was added before.</summary>
    public bool CanBind(EndPoint endpoint) => endpoint is IPEndPoint or UnixDomainSocketEndPoint or FileHandleEndPoint && _host.Value is not null;

    /// <exception cref="AddressInUseException">Somebody listens there.</exception>
    /// <exception cref="SocketException">The address is not of this machine, or permission lacks.</exception>
    public async ValueTask<IConnectionListener> BindAsync(EndPoint endpoint, CancellationToken cancellationToken = default)
    {
        try
        {
            return endpoint switch
            {
                IPEndPoint ip => await BindTcpAsync(handler => TcpServer.StartAsync(_host.Value!, ip, handler, Options.TcpServer())).ConfigureAwait(false),
                UnixDomainSocketEndPoint unix => await BindUnixAsync(handler => UnixServer.StartAsync(_host.Value!, unix, handler, Options.UnixServer())).ConfigureAwait(false),
                FileHandleEndPoint handle => await BindHandleAsync(handle).ConfigureAwait(false),
                _ => throw new NotSupportedException($"{endpoint} ({endpoint.GetType()}) is no address of TCP or of a Unix domain socket."),
            };
        }
        catch (SocketException exception) when (exception.SocketErrorCode == SocketError.AddressAlreadyInUse)
        {
            throw new AddressInUseException(exception.Message, exception);
        }
    }

    public void Dispose()
    {
        if (_shards.IsValueCreated)
        {
            _shards.Value.Dispose();
        }
    }

    private ReactorHost? FindHost()
    {
        try
        {
            return _services.GetRequiredService<ReactorHost>();
        }
        catch (PlatformNotSupportedException exception)
        {
            TransportLog.NoShards(_logger, exception.Message);
            return null;
        }
    }

    private Task<IConnectionListener> BindTcpAsync(Func<Func<TcpConnection, Task>, Task<TcpServer>> start) =>
        ReactorConnectionListener<TcpConnection>.BindAsync(_shards.Value, Options, _logger, async handler => await start(handler).ConfigureAwait(false));

    private Task<IConnectionListener> BindUnixAsync(Func<Func<UnixConnection, CancellationToken, Task>, Task<UnixServer>> start) =>
        ReactorConnectionListener<UnixConnection>.BindAsync(_shards.Value, Options, _logger, async handler => await start((connection, _) => handler(connection)).ConfigureAwait(false));

    /// <summary>A socket that somebody else has opened, and that stays theirs: the listener has a duplicate.</summary>
    private async Task<IConnectionListener> BindHandleAsync(FileHandleEndPoint endPoint)
    {
        using var handle = new SafeSocketHandle((nint)endPoint.FileHandle, ownsHandle: false);
        return InheritedSocket.IsUnix(handle)
            ? await BindUnixAsync(handler => UnixServer.StartAsync(_host.Value!, handle, handler, Options.UnixServer())).ConfigureAwait(false)
            : await BindTcpAsync(handler => TcpServer.StartAsync(_host.Value!, handle, handler, Options.TcpServer())).ConfigureAwait(false);
    }
}
