using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Reactor.Tests.Hosting;

namespace Reactor.Net.Kestrel.Tests;

/// <summary>An application on Kestrel, over the transport under test, on loopback.</summary>
internal sealed class TestApp : IAsyncDisposable
{
    private readonly WebApplication _application;

    private TestApp(WebApplication application, TestLog log) => (_application, Log) = (application, log);

    internal TestLog Log { get; }

    internal IServiceProvider Services => _application.Services;

    /// <summary>Where it listens, with the ports that the kernel chose.</summary>
    internal IReadOnlyList<Uri> Addresses =>
        [.. Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Select(address => new Uri(address.Replace("[::]", "[::1]", StringComparison.Ordinal)))];

    internal IPEndPoint EndPoint => new(IPAddress.Loopback, Addresses[0].Port);

    /// <summary>With a middleware that answers requests.</summary>
    internal static Task<TestApp> StartAsync(Transport transport, RequestDelegate answer, Action<TestAppOptions>? configure = null) =>
        StartAsync(transport, configure, application => application.Run(answer));

    /// <summary>With a handler for connections, instead of HTTP.</summary>
    internal static Task<TestApp> ServeAsync(Transport transport, Func<ConnectionContext, Task> handler, Action<TestAppOptions>? configure = null) =>
        StartAsync(
            transport,
            options =>
            {
                options.Listener = listener => listener.Run(connection => handler(connection));
                configure?.Invoke(options);
            },
            static _ => { });

    internal static async Task<TestApp> StartAsync(Transport transport, Action<TestAppOptions>? configure, Action<WebApplication> build)
    {
        var options = new TestAppOptions();
        configure?.Invoke(options);
        var log = new TestLog();
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders().SetMinimumLevel(LogLevel.Debug);
        if (options.IsLogged)
        {
            builder.Logging.AddProvider(log);
        }

        builder.Services.Configure<Microsoft.Extensions.Hosting.HostOptions>(host => host.ShutdownTimeout = options.ShutdownTimeout);
        builder.WebHost.UseKestrelHttpsConfiguration();
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            options.Kestrel(kestrel);
            if (options.Endpoints is { } endpoints)
            {
                endpoints(kestrel);
            }
            else
            {
                kestrel.Listen(IPAddress.Loopback, 0, options.Listener);
            }
        });
        Use(transport, builder, options);
        options.Services(builder.Services);
        WebApplication application = builder.Build();
        build(application);
        try
        {
            await application.StartAsync();
        }
        catch
        {
            await application.DisposeAsync();
            throw;
        }

        return new TestApp(application, log);
    }

    internal Task StopAsync() => _application.StopAsync();

    internal Task<Client> ConnectAsync() => Client.ConnectAsync(EndPoint);

    public async ValueTask DisposeAsync()
    {
        await _application.StopAsync();
        await _application.DisposeAsync();
    }

    private static void Use(Transport transport, WebApplicationBuilder builder, TestAppOptions options)
    {
        if (!transport.IsReactor())
        {
            builder.WebHost.UseSockets(sockets =>
            {
                sockets.MaxReadBufferSize = options.MaxReadBufferSize ?? sockets.MaxReadBufferSize;
                sockets.MaxWriteBufferSize = options.MaxWriteBufferSize ?? sockets.MaxWriteBufferSize;
            });
            return;
        }

        builder.Services.AddReactor(reactor =>
        {
            reactor.Shards = 2;
            reactor.Overprovisioned = true;
            reactor.PollBudget = 256;
            reactor.Backend = transport.IsOnEpoll() ? BackendKind.Epoll : BackendKind.Auto;
        });
        builder.WebHost.UseReactor(reactor =>
        {
            reactor.Scheduling = transport.IsInline() ? ApplicationScheduling.Inline : ApplicationScheduling.ThreadPool;
            reactor.MaxReadBufferSize = options.MaxReadBufferSize ?? reactor.MaxReadBufferSize;
            reactor.MaxWriteBufferSize = options.MaxWriteBufferSize ?? reactor.MaxWriteBufferSize;
            options.Reactor(reactor);
        });
    }
}

/// <summary>What a test wants otherwise.</summary>
internal sealed class TestAppOptions
{
    internal Action<KestrelServerOptions> Kestrel { get; set; } = static _ => { };

    /// <summary>Instead of one listener on loopback.</summary>
    internal Action<KestrelServerOptions>? Endpoints { get; set; }

    internal Action<ListenOptions> Listener { get; set; } = static listener => listener.Protocols = HttpProtocols.Http1;

    internal Action<ReactorTransportOptions> Reactor { get; set; } = static _ => { };

    internal Action<IServiceCollection> Services { get; set; } = static _ => { };

    /// <summary>Whether the log is kept.</summary>
    internal bool IsLogged { get; set; } = true;

    internal long? MaxReadBufferSize { get; set; }

    internal int? MaxWriteBufferSize { get; set; }

    internal TimeSpan ShutdownTimeout { get; set; } = TimeSpan.FromSeconds(30);
}
