using System.Net;
using Reactor.Net;
using Reactor.Samples.Common;

namespace Reactor.Samples.Http;

/// <summary>The HTTP server as a whole: a TCP server, and the state of each shard that it runs on.</summary>
internal sealed class HttpServer : SampleServer
{
    private readonly HttpShard[] _shards;

    private HttpServer(TcpServer server, HttpShard[] shards)
        : base(server, "http") =>
        _shards = shards;

    internal static Task<SampleServer> StartAsync(ReactorHost host, ServerArguments arguments) =>
        StartAsync(host, arguments.EndPoint, HttpLimits.Default, HttpTimeouts.Default, arguments.Server);

    internal static async Task<SampleServer> StartAsync(ReactorHost host, IPEndPoint endPoint, HttpLimits limits, HttpTimeouts timeouts, TcpServerOptions? options = null)
    {
        HttpShard[] shards = await Task.WhenAll(host.Shards.Select(shard => shard.InvokeAsync(() => new HttpShard(limits, timeouts)).AsTask()));
        try
        {
            TcpServer server = await TcpServer.StartAsync(
                host, endPoint, (connection, stopping) => shards[connection.Shard.Id].ServeAsync(connection, stopping), options);
            return new HttpServer(server, shards);
        }
        catch
        {
            DisposeAll(shards);
            throw;
        }
    }

    public override async Task StopAsync(CancellationToken deadline)
    {
        await base.StopAsync(deadline);
        DisposeAll(_shards);
    }

    protected override long RequestsOf(int shard) => _shards[shard].Requests;

    private static void DisposeAll(HttpShard[] shards)
    {
        foreach (HttpShard shard in shards)
        {
            shard.Dispose();
        }
    }
}
