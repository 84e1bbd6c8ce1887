using System.Buffers;
using System.Net.Sockets;
using Microsoft.AspNetCore.Connections.Features;

namespace Reactor.Net.Kestrel;

// What others find at the connection.
internal sealed partial class ReactorConnectionContext :
    IConnectionIdFeature,
    IConnectionTransportFeature,
    IConnectionItemsFeature,
    IConnectionLifetimeFeature,
    IConnectionEndPointFeature,
    IConnectionSocketFeature,
    IConnectionShardFeature,
    IMemoryPoolFeature
{
    private Socket? _socket;

    Shard IConnectionShardFeature.Shard => TransportShard.Shard;

    MemoryPool<byte> IMemoryPoolFeature.MemoryPool => TransportShard.Pool;

    /// <summary>
    /// The socket, for who reads or sets options. Made when first asked for; it does not own the descriptor, and whoever keeps
    /// it must not use it after the connection has ended.
    /// </summary>
    Socket IConnectionSocketFeature.Socket
    {
        get
        {
            ObjectDisposedException.ThrowIf(_closed.Task.IsCompleted, this);
            return _socket ??= new Socket(new SafeSocketHandle(_connection.Fd, ownsHandle: false));
        }
    }

    private void AddFeatures()
    {
        _features.Set<IConnectionIdFeature>(this);
        _features.Set<IConnectionTransportFeature>(this);
        _features.Set<IConnectionItemsFeature>(this);
        _features.Set<IConnectionLifetimeFeature>(this);
        _features.Set<IConnectionEndPointFeature>(this);
        _features.Set<IConnectionSocketFeature>(this);
        _features.Set<IConnectionShardFeature>(this);
        _features.Set<IMemoryPoolFeature>(this);
        _features.Set(this);
    }
}
