namespace Reactor.Bench.Throughput.Load;

/// <summary>What client and server speak.</summary>
internal enum Protocol
{
    /// <summary>GET requests, HTTP/1.1.</summary>
    Http,

    /// <summary>What is sent comes back.</summary>
    Echo,
}
