using Microsoft.AspNetCore.Server.Kestrel.Core;
using OpenTelemetry.Metrics;
using Reactor.Net;
using Reactor.Samples.WebApp.Endpoints;

namespace Reactor.Samples.WebApp;

/// <summary>The application: its services, where it listens, and what it answers.</summary>
internal static class WebApp
{
    internal static WebApplication Build(WebAppArguments arguments)
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.SetMinimumLevel(LogLevel.Warning).AddConsole(console => console.LogToStandardErrorThreshold = LogLevel.Trace);

        // Whoever may log an error of a request has an activity and a scope made for each.
        builder.Logging.AddFilter("Microsoft.AspNetCore.Hosting.Diagnostics", LogLevel.None);
        builder.Services.AddReactor(arguments.Common.ConfigureReactor);
        builder.Services.AddSharded<Counter>();
        builder.Services.AddHealthChecks().AddReactor();
        builder.Services.AddOpenTelemetry().WithMetrics(metrics => metrics.AddMeter("Reactor").AddPrometheusExporter());
        builder.Services.AddGrpc();
        UseTransport(builder, arguments);
        builder.WebHost.UseKestrelHttpsConfiguration();
        builder.WebHost.ConfigureKestrel(kestrel => Listen(kestrel, arguments));

        WebApplication application = builder.Build();
        application.MapReactorDashboard("/");
        application.Use(LeanAnswers.AnswerOr);
        application.UseWebSockets();
        application.UseRouting();
        application.MapTransfers();
        application.MapWebSocketEcho();
        application.MapTicks();
        application.MapCounter();
        application.MapGrpcService<CountingService>();
        application.MapHealthChecks("/health");
        application.MapPrometheusScrapingEndpoint("/metrics");
        return application;
    }

    private static void UseTransport(WebApplicationBuilder builder, WebAppArguments arguments)
    {
        if (arguments.Transport == TransportKind.Reactor)
        {
            builder.WebHost.UseReactor(options =>
            {
                options.Scheduling = arguments.Scheduling;
                options.Distribution = arguments.Common.Server.Distribution;
            });
        }
        else
        {
            bool isInline = arguments.Scheduling == ApplicationScheduling.Inline;
            if (isInline)
            {
                // Read by the runtime when its first socket is made.
                Environment.SetEnvironmentVariable("DOTNET_SYSTEM_NET_SOCKETS_INLINE_COMPLETIONS", "1");
            }

            builder.WebHost.UseSockets(options => options.UnsafePreferInlineScheduling = isInline);
        }
    }

    private static void Listen(KestrelServerOptions kestrel, WebAppArguments arguments)
    {
        kestrel.Limits.MaxRequestBodySize = null;
        kestrel.Limits.MaxConcurrentConnections = arguments.Common.Server.MaxConnections;
        kestrel.Listen(arguments.Common.EndPoint, static listener => listener.Protocols = HttpProtocols.Http1);
        if (arguments.Http2Port is { } http2)
        {
            kestrel.Listen(arguments.Common.EndPoint.Address, http2, static listener => listener.Protocols = HttpProtocols.Http2);
        }

        if (arguments.TlsPort is { } tls)
        {
            kestrel.Listen(arguments.Common.EndPoint.Address, tls, static listener => listener.UseHttps(SelfSignedCertificate.Make()));
        }
    }
}
