using Reactor.Samples.Tests.Processes;

namespace Reactor.Samples.Tests.WebApp;

/// <summary>The WebApp sample in a process of its own, listening with HTTP/1.1, with HTTP/2, and with TLS.</summary>
internal sealed class WebAppProcess : IDisposable
{
    private readonly SampleProcess _process;

    internal WebAppProcess(string transport, string scheduling)
    {
        _process = SampleProcess.Serve("WebApp", "--transport", transport, "--scheduling", scheduling, "--shards", "2", "--overprovisioned", "--http2-port", "0", "--tls-port", "0");
        Eventually.Until(() => _process.Addresses.Count == 3, "three addresses");
    }

    /// <summary>The transports and schedulings that it has.</summary>
    public static TheoryData<string, string> Variants => new()
    {
        { "reactor", "threadpool" },
        { "reactor", "inline" },
        { "sockets", "threadpool" },
    };

    internal SampleProcess Process => _process;

    internal Uri Http => _process.Addresses[0];

    internal Uri Http2 => _process.Addresses[1];

    internal Uri Tls => _process.Addresses[2];

    internal static HttpClient Client(Uri address, int version = 1)
    {
        var handler = new SocketsHttpHandler();

        // It has made its certificate itself, and is the only one on loopback.
        handler.SslOptions.RemoteCertificateValidationCallback = static (_, certificate, _, _) => certificate?.Subject == "CN=localhost";
        return new HttpClient(handler)
        {
            BaseAddress = address,
            DefaultRequestVersion = new Version(version, version == 1 ? 1 : 0),
            DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact,
        };
    }

    public void Dispose() => _process.Dispose();
}
