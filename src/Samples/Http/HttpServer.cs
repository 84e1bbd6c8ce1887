using System.Net;
using Reactor.Net;
using Reactor.Samples.Common;

namespace Reactor.Samples.Http;

/// <summary>The HTTP server as a whole: a TCP server, and the state of the shard that it runs on.</summary>
internal sealed class HttpServer : SampleServer
{
    private readonly HttpShard _shard;
    private readonly TcpServer _server;

    private HttpServer(HttpShard shard, TcpServer server)
    {
        _shard = shard;
        _server = server;
    }

    public override IPEndPoint EndPoint => _server.EndPoint;

    public override string Scheme => "http";

    public override long Requests => _shard.Requests;

    public override long Connections => _server.GetStatistics().Active;

    internal static Task<SampleServer> StartAsync(ReactorHost host, ServerArguments arguments) =>
        StartAsync(host, arguments.EndPoint, HttpLimits.Default, HttpTimeouts.Default);

    internal static async Task<SampleServer> StartAsync(ReactorHost host, IPEndPoint endPoint, HttpLimits limits, HttpTimeouts timeouts)
    {
        HttpShard shard = await host.Shards[0].InvokeAsync(() => new HttpShard(limits, timeouts));
        try
        {
            return new HttpServer(shard, await TcpServer.StartAsync(host, endPoint, shard.ServeAsync));
        }
        catch
        {
            shard.Dispose();
            throw;
        }
    }

    public override async Task StopAsync(CancellationToken deadline)
    {
        await _server.StopAsync(deadline);
        _shard.Dispose();
    }
}
