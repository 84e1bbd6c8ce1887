using System.CommandLine;
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
        Option<int?> http2 = ServerArguments.OptionalPort("--http2-port", "A port for HTTP/2 without TLS (prior knowledge); 0 lets the kernel choose. Default: none.");
        Option<int?> tls = ServerArguments.OptionalPort("--tls-port", "A port for HTTP/1.1 and HTTP/2 with TLS, with a certificate made at the start; 0 lets the kernel choose. Default: none.");

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
