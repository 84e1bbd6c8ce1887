using System.Net;
using System.Net.Http.Json;
using System.Net.Sockets;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace Reactor.Net.Tests.Hosting;

/// <summary>Shards and their servers in an ASP.NET Core application, beside Kestrel.</summary>
public sealed class WebApplicationTests
{
    [Fact]
    public async Task A_minimal_API_reduces_over_all_shards_in_one_line()
    {
        await using WebApplication application = Build(
            services => services
                .AddSharded<Counter>()
                .AddTcpServer("count", "127.0.0.1:0", (_, _) => Task.CompletedTask)
                .AddTcpServer<CountingHandler>("counting", "127.0.0.1:0"));
        application.MapGet("/shards", (ReactorHost host) => host.MapReduceAsync(static _ => 1, static (a, b) => a + b));
        application.MapGet("/bytes", (Sharded<Counter> counters) => counters.MapReduceAsync(static counter => counter.Bytes, static (a, b) => a + b));
        application.MapGet("/port", (TcpServerCollection servers) => servers["counting"].EndPoint.Port);
        await application.StartAsync();
        using var client = new HttpClient { BaseAddress = AddressOf(application) };

        Assert.Equal(2, await client.GetFromJsonAsync<int>("/shards"));
        int port = await client.GetFromJsonAsync<int>("/port");
        for (int i = 0; i < 8; i++)
        {
            using Socket peer = await Peers.ConnectAsync(new IPEndPoint(IPAddress.Loopback, port));
            await peer.SendAllAsync(new byte[5]);
            peer.ShutdownSend();
            await peer.AssertSeesFinAsync();
        }

        Assert.Equal(40, await client.GetFromJsonAsync<int>("/bytes"));
        await application.StopAsync();
    }

    [Fact]
    public async Task A_health_endpoint_answers_for_the_shards()
    {
        await using WebApplication application = Build(services => services.AddHealthChecks().AddReactor(configure: options =>
        {
            options.DegradedAfter = TimeSpan.FromMilliseconds(20);
            options.UnhealthyAfter = TimeSpan.FromMilliseconds(40);
        }));
        application.MapHealthChecks("/health");
        await application.StartAsync();
        using var client = new HttpClient { BaseAddress = AddressOf(application) };
        await Eventually.IsTrueAsync(() => StatusOf(client) == HttpStatusCode.OK, "healthy");

        using var release = new ManualResetEventSlim();
        application.Services.GetRequiredService<ReactorHost>().Shards[0].Post(release.Wait);
        await Eventually.IsTrueAsync(() => StatusOf(client) == HttpStatusCode.ServiceUnavailable, "unhealthy");
        release.Set();
        await Eventually.IsTrueAsync(() => StatusOf(client) == HttpStatusCode.OK, "healthy again");
        await application.StopAsync();
    }

    private static HttpStatusCode StatusOf(HttpClient client)
    {
        using HttpResponseMessage response = client.GetAsync(new Uri("/health", UriKind.Relative)).GetAwaiter().GetResult();
        return response.StatusCode;
    }

    private static WebApplication Build(Action<IServiceCollection> configure)
    {
        WebApplicationBuilder builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.Configuration.AddInMemoryCollection(TestApplication.Settings());
        builder.WebHost.UseKestrelCore().UseUrls("http://127.0.0.1:0");
        builder.Services.AddRoutingCore();
        configure(builder.Services);
        return builder.Build();
    }

    private static Uri AddressOf(WebApplication application) =>
        new(application.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single());

    private sealed class Counter
    {
        internal int Bytes { get; set; }
    }

    private sealed class CountingHandler(Sharded<Counter> counters) : ITcpConnectionHandler
    {
        public async Task HandleAsync(TcpConnection connection, CancellationToken stopping)
        {
            byte[] buffer = new byte[64];
            while (await connection.ReceiveAsync(buffer, CancellationToken.None) is var received and > 0)
            {
                counters.Local.Bytes += received;
            }
        }
    }
}
