using System.CommandLine;
using System.Net;
using Reactor.Net;
using Reactor.Samples.Common;

namespace Reactor.Samples.WebApp;

/// <summary>The command line.</summary>
/// <param name="Common">What all samples take.</param>
/// <param name="Transport">What carries Kestrel's connections.</param>
/// <param name="Scheduling">Where the application runs.</param>
/// <param name="Http2Port">For HTTP/2 without TLS; null for none.</param>
/// <param name="TlsPort">For HTTP/1.1 and HTTP/2 with TLS; null for none.</param>
internal sealed record WebAppArguments(ServerArguments Common, TransportKind Transport, ApplicationScheduling Scheduling, int? Http2Port, int? TlsPort)
{
    internal static WebAppArguments? Parse(string[] arguments, out int exitCode)
    {
        var transport = new Option<TransportKind>("--transport") { Description = "What carries Kestrel's connections: the shards, or Kestrel's own sockets to compare with.", DefaultValueFactory = _ => TransportKind.Reactor };
        var scheduling = new Option<ApplicationScheduling>("--scheduling") { Description = "Where the application runs: on the thread pool, or on the shard (with sockets: on the thread that epoll woke).", DefaultValueFactory = _ => ApplicationScheduling.ThreadPool };
        var http2 = new Option<int?>("--http2-port") { Description = "A port for HTTP/2 without TLS (prior knowledge); 0 lets the kernel choose. Default: none.", HelpName = "port" };
        var tls = new Option<int?>("--tls-port") { Description = "A port for HTTP/1.1 and HTTP/2 with TLS, with a certificate made at the start; 0 lets the kernel choose. Default: none.", HelpName = "port" };
        foreach (Option<int?> port in new[] { http2, tls })
        {
            port.Validators.Add(result =>
            {
                if (result.GetValue(port) is < 0 or > IPEndPoint.MaxPort)
                {
                    result.AddError($"{port.Name} {result.GetValue(port)}: a port is a number from 0 to 65535.");
                }
            });
        }

        return ServerArguments.Parse(arguments, "An ASP.NET application on the shards, with a live page at /.", out exitCode, transport, scheduling, http2, tls) is { } common
            ? new WebAppArguments(common, common.Parsed.GetValue(transport), common.Parsed.GetValue(scheduling), common.Parsed.GetValue(http2), common.Parsed.GetValue(tls))
            : null;
    }
}

/// <summary>What carries Kestrel's connections.</summary>
internal enum TransportKind
{
    Reactor,
    Sockets,
}
