using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Reactor.Tests.Hosting;

namespace Reactor.Net.Kestrel.Tests.Hosting;

/// <summary>How the transport comes into an application, how it is set, and what happens where it cannot be had.</summary>
public sealed class TransportOptionsTests
{
    [Fact]
    public async Task The_configuration_is_read_and_code_has_the_last_word()
    {
        await using WebApplication application = Build(
            builder =>
            {
                builder.Configuration.AddInMemoryCollection(new Dictionary<string, string?>
                {
                    ["Reactor:Kestrel:Scheduling"] = "Inline",
                    ["Reactor:Kestrel:MaxReadBufferSize"] = "1000",
                    ["Reactor:Kestrel:Tcp:Backlog"] = "7",
                });
                builder.WebHost.UseReactor(options => options.MaxReadBufferSize = 2_000);
            },
            out _);
        ReactorTransportOptions options = application.Services.GetRequiredService<IOptions<ReactorTransportOptions>>().Value;

        Assert.Equal(ApplicationScheduling.Inline, options.Scheduling);
        Assert.Equal(2_000, options.MaxReadBufferSize);
        Assert.Equal(7, options.Tcp.Backlog);
    }

    [Theory]
    [InlineData("Scheduling", "Fast", "ThreadPool, Inline")]
    [InlineData("MaxReadBufferSize", "-1", "at least 1 is needed")]
    [InlineData("Speed", "1", "Reactor:Kestrel:Speed is not an option")]
    [InlineData("Tcp:Backlog", "0", "Tcp.Backlog is 0")]
    public async Task What_cannot_be_met_fails_the_start_and_is_named(string key, string value, string said)
    {
        await using WebApplication application = Build(
            builder =>
            {
                builder.Configuration.AddInMemoryCollection(new Dictionary<string, string?> { [$"Reactor:Kestrel:{key}"] = value });
                builder.WebHost.UseReactor();
            },
            out _);

        OptionsValidationException refusal = await Assert.ThrowsAsync<OptionsValidationException>(() => application.StartAsync());
        Assert.Contains(said, refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Added_to_the_services_it_serves_too()
    {
        await using WebApplication application = Build(builder => builder.Services.AddReactorTransport(), out _);

        Assert.Equal("True", await AskAsync(application));
    }

    [Fact]
    public async Task Without_shards_Kestrels_own_sockets_serve_and_the_log_says_why()
    {
        await using WebApplication application = Build(
            builder =>
            {
                builder.WebHost.UseReactor();
                builder.Services.Replace(ServiceDescriptor.Singleton<ReactorHost>(static _ => throw new PlatformNotSupportedException("no such system")));
            },
            out TestLog log);

        Assert.Equal("False", await AskAsync(application));
        Assert.Contains(log.Of("Reactor.Net.Kestrel", 100), entry => entry.Level == LogLevel.Warning && entry.Message.Contains("no such system", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Where_somebody_needs_the_shards_a_start_without_them_fails()
    {
        await using WebApplication application = Build(
            builder =>
            {
                builder.WebHost.UseReactor();
                builder.Services.AddReactor();
                builder.Services.Replace(ServiceDescriptor.Singleton<ReactorHost>(static _ => throw new PlatformNotSupportedException("no such system")));
            },
            out _);

        await Assert.ThrowsAsync<PlatformNotSupportedException>(() => application.StartAsync());
    }

    [Fact]
    public async Task A_connection_through_a_proxy_has_the_address_of_its_client()
    {
        await using TestApp app = await TestApp.StartAsync(
            Transport.Inline,
            context =>
            {
                string address = $"{context.Connection.RemoteIpAddress}:{context.Connection.RemotePort}";
                context.Response.ContentLength = address.Length;
                return context.Response.WriteAsync(address);
            },
            options => options.Reactor = reactor => reactor.ProxyProtocol = new ProxyProtocolOptions());
        using Client client = await app.ConnectAsync();
        await client.SendAsync("PROXY TCP4 192.0.2.7 192.0.2.1 4711 80\r\n");
        await client.SendGetAsync();

        Assert.Equal("192.0.2.7:4711", (await client.ReceiveAnswerAsync()).Body);
    }

    private static WebApplication Build(Action<WebApplicationBuilder> configure, out TestLog log)
    {
        var own = new TestLog();
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders().AddProvider(own);
        builder.WebHost.ConfigureKestrel(static kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        configure(builder);
        builder.Services.Configure<ReactorOptions>(static options =>
        {
            options.Shards = 1;
            options.Overprovisioned = true;
            options.PollBudget = 64;
        });
        WebApplication application = builder.Build();
        application.Run(static context => context.Response.WriteAsync(context.TryGetShard(out _).ToString()));
        log = own;
        return application;
    }

    private static async Task<string> AskAsync(WebApplication application)
    {
        await application.StartAsync();
        using var http = new HttpClient();
        string answer = await http.GetStringAsync(application.Urls.First());
        await application.StopAsync();
        return answer;
    }
}
