using System.IO.Pipelines;
using System.Net;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Logging;

namespace Reactor.Net.Kestrel;

/// <summary>
/// A connection of a shard as Kestrel knows connections: used, aborted and disposed on any thread. What concerns the socket
/// is brought to its shard.
/// </summary>
internal sealed partial class ReactorConnectionContext : ConnectionContext
{
    private readonly StreamConnection _connection;
    private readonly ReactorTransportOptions _options;
    private readonly FeatureCollection _features = new(initialCapacity: 12);
    private readonly ShardCommands _commands;

    // What the application uses, once it has asked for it; middleware may have put something else before it.
    private TransportPipe? _pipe;
    private IDuplexPipe? _transport;
    private ApplicationScheduling _scheduling;
    private IDictionary<object, object?>? _items;

    /// <summary>On the connection's shard.</summary>
    internal ReactorConnectionContext(TransportShard shard, StreamConnection connection, ReactorTransportOptions options, ILogger logger)
    {
        TransportShard = shard;
        _connection = connection;
        _options = options;
        _scheduling = options.Scheduling;
        Logger = logger;
        ConnectionId = ConnectionIds.Next();
        LocalEndPoint = connection.LocalEndPoint;
        RemoteEndPoint = connection is TcpConnection tcp ? tcp.ClientEndPoint : connection.RemoteEndPoint;
        _connectionClosed = _closing.Token;
        _commands = new ShardCommands(this);
        AddFeatures();
    }

    public override string ConnectionId { get; set; }

    public override EndPoint? LocalEndPoint { get; set; }

    public override EndPoint? RemoteEndPoint { get; set; }

    public override IFeatureCollection Features => _features;

    public override IDictionary<object, object?> Items
    {
        get => _items ??= new ConnectionItems();
        set => _items = value;
    }

    /// <summary>Where the application runs is settled when somebody asks for this first, or for <see cref="ConnectionClosed"/>.</summary>
    public override IDuplexPipe Transport
    {
        get => _transport ?? Begin();
        set => _transport = value;
    }

    internal TransportShard TransportShard { get; }

    internal StreamConnection Connection => _connection;

    internal ILogger Logger { get; }

    /// <exception cref="InvalidOperationException">The connection is in use already.</exception>
    internal void UseScheduling(ApplicationScheduling scheduling)
    {
        if (_pipe is not null && scheduling != _scheduling)
        {
            throw new InvalidOperationException($"{nameof(Microsoft.AspNetCore.Hosting.ReactorListenOptionsExtensions.UseScheduling)}({scheduling}) comes too late for connection {ConnectionId}: other middleware has begun to use it. Call it before UseHttps and any other middleware of the listener.");
        }

        _scheduling = scheduling;
    }

    private TransportPipe Begin()
    {
        lock (_features)
        {
            return _pipe ??= _scheduling == ApplicationScheduling.Inline ? new InlinePipe(this, _options) : new PooledPipe(this, _options);
        }
    }

    public override string ToString() => $"{_connection} ({ConnectionId})";
}
