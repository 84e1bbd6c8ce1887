using Reactor.Net;
using Reactor.Samples.Common;

namespace Reactor.Samples.Echo;

/// <summary>Sends back what it receives.</summary>
internal sealed class EchoServer : SampleServer
{
    private readonly EchoShard[] _shards;

    private EchoServer(TcpServer server, EchoShard[] shards)
        : base(server, "tcp") =>
        _shards = shards;

    internal static async Task<SampleServer> StartAsync(ReactorHost host, ServerArguments arguments)
    {
        EchoShard[] shards = await Task.WhenAll(host.Shards.Select(shard => shard.InvokeAsync(static () => new EchoShard()).AsTask()));
        TcpServer server = await TcpServer.StartAsync(
            host, arguments.EndPoint, (connection, stopping) => shards[connection.Shard.Id].ServeAsync(connection, stopping), arguments.Server);
        return new EchoServer(server, shards);
    }

    protected override long RequestsOf(int shard) => _shards[shard].Echoes;
}
