using System.Buffers;
using System.Net;
using Microsoft.AspNetCore.Connections;
using Reactor.Net;

namespace Reactor.Bench.Kestrel;

/// <summary>
/// Kestrel as an ordinary lean program uses it: the slim builder, no logging, one middleware and no routing.
/// The tricks of the TechEmpower platform entry (a raw <c>IHttpApplication</c>) are left out on purpose.
/// </summary>
internal static class PlaintextServer
{
    /// <summary>Read by System.Net.Sockets when its first engine starts, so setting it here, before any socket, is early enough.</summary>
    private const string InlineCompletionsVariable = "DOTNET_SYSTEM_NET_SOCKETS_INLINE_COMPLETIONS";

    private static readonly byte[] s_plaintext = "Hello, World!"u8.ToArray();

    public static async Task RunAsync(int port, TransportMode mode, int shards, bool echoes, CancellationToken cancellation)
    {
        if (mode == TransportMode.Inline)
        {
            Environment.SetEnvironmentVariable(InlineCompletionsVariable, "1");
        }

        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(options => options.Listen(IPAddress.Loopback, port, listen =>
        {
            if (echoes)
            {
                listen.Run(EchoAsync);
            }
        }));
        if (mode is TransportMode.Reactor or TransportMode.ReactorInline)
        {
            builder.Services.AddReactor(options =>
            {
                options.Shards = shards;
                options.IdlePollTime = TimeSpan.Zero;
            });
            builder.WebHost.UseReactor(options => options.Scheduling = mode == TransportMode.Reactor ? ApplicationScheduling.ThreadPool : ApplicationScheduling.Inline);
        }
        else
        {
            builder.WebHost.UseSockets(options => options.UnsafePreferInlineScheduling = mode == TransportMode.Inline);
        }

        await using var app = builder.Build();
        app.Run(AnswerAsync);
        await app.RunAsync(cancellation);
    }

    private static Task AnswerAsync(HttpContext context) => context.Request.Path.Value switch
    {
        "/plaintext" => WriteAsync(context.Response, s_plaintext, "text/plain"),
        "/json" => WriteAsync(context.Response, JsonAnswer.Serialize(), "application/json"),
        _ => NotFoundAsync(context.Response),
    };

    /// <summary>No HTTP: what a connection's pipes are given comes back.</summary>
    private static async Task EchoAsync(ConnectionContext connection)
    {
        while (true)
        {
            var received = await connection.Transport.Input.ReadAsync();
            foreach (var part in received.Buffer)
            {
                connection.Transport.Output.Write(part.Span);
            }

            connection.Transport.Input.AdvanceTo(received.Buffer.End);
            await connection.Transport.Output.FlushAsync();
            if (received.IsCompleted)
            {
                return;
            }
        }
    }

    private static Task WriteAsync(HttpResponse response, byte[] body, string contentType)
    {
        response.ContentType = contentType;
        response.ContentLength = body.Length;
        return response.Body.WriteAsync(body, 0, body.Length);
    }

    private static Task NotFoundAsync(HttpResponse response)
    {
        response.StatusCode = StatusCodes.Status404NotFound;
        return Task.CompletedTask;
    }
}
