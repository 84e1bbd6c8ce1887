using System.Collections.Concurrent;
using System.Net;
using System.Text;
using Reactor.Samples.Common;
using Reactor.Samples.Http;

namespace Reactor.Samples.Tests.Http.Server;

/// <summary>
/// Runs the HTTP server on a host of its own for each test, with one shard unless the test needs more, and afterwards insists that it let go of everything and that
/// no exception went unhandled.
/// </summary>
public abstract class ServerTest : IAsyncLifetime
{
    private readonly ConcurrentQueue<Exception> _unhandled = new();
    private readonly ConcurrentBag<RawClient> _clients = [];
    private ReactorHost? _host;
    private SampleServer? _server;

    private protected ReactorHost Host => _host!;

    private protected SampleServer Running => _server!;

    private protected virtual int ShardCount => 1;

    private protected virtual HttpLimits Limits => HttpLimits.Default;

    private protected virtual HttpTimeouts Timeouts => HttpTimeouts.Default;

    /// <summary>The size of the server's buffers: at its boundaries there is most to go wrong.</summary>
    private protected int BufferSize => Math.Max(Limits.MaxHeadBytes, BufferPool.MinimumSize);

    public async Task InitializeAsync()
    {
        // A small budget: many of these run at a time, and fs.aio-max-nr is one for the system.
        _host = ReactorHost.Start(new ReactorOptions
        {
            Shards = ShardCount,
            Overprovisioned = ShardCount > 1,
            PollBudget = 256,
            UnhandledException = (_, exception) => _unhandled.Enqueue(exception),
        });
        _server = await HttpServer.StartAsync(_host, new IPEndPoint(IPAddress.Loopback, 0), Limits, Timeouts);
    }

    public async Task DisposeAsync()
    {
        foreach (RawClient client in _clients)
        {
            client.Dispose();
        }

        if (_server is not null)
        {
            await _server.DisposeAsync();
            Assert.Equal(0, _server.Connections);
        }

        if (_host is not null)
        {
            await _host.DisposeAsync();
        }

        Assert.Empty(_unhandled);
    }

    private protected RawClient Connect(int? receiveBufferSize = null)
    {
        var client = new RawClient(Running.EndPoint, receiveBufferSize);
        _clients.Add(client);
        return client;
    }

    /// <summary>Waits until the server has no connection left.</summary>
    private protected void AwaitNoConnections() => Eventually.Until(() => Running.Connections == 0, "a server without connections");

    /// <summary>Lets the shards deal with what has reached them: they take in events behind the first turn, and run them in the second.</summary>
    private protected async Task AwaitTurnsAsync()
    {
        foreach (Shard shard in Host.Shards)
        {
            await shard.InvokeAsync(static () => { });
            await shard.InvokeAsync(static () => { });
        }
    }

    private protected static string Get(string path, string headers = "") => $"GET {path} HTTP/1.1\r\nHost: h\r\n{headers}\r\n";

    private protected static string Post(string path, string body, string headers = "") =>
        $"POST {path} HTTP/1.1\r\nHost: h\r\nContent-Length: {body.Length}\r\n{headers}\r\n{body}";

    private protected static string PostChunked(string path, string chunks, string headers = "") =>
        $"POST {path} HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n{headers}\r\n{chunks}";

    /// <summary>Bytes that show where they came from, the same in every run.</summary>
    private protected static byte[] Payload(int length)
    {
        byte[] payload = new byte[length];
        new Random(length).NextBytes(payload);
        return payload;
    }

    private protected static byte[] PostOf(byte[] payload, string path = "/echo", string headers = "") =>
        [.. Encoding.Latin1.GetBytes($"POST {path} HTTP/1.1\r\nHost: h\r\nContent-Length: {payload.Length}\r\n{headers}\r\n"), .. payload];

    /// <summary>An echo request that has this length as a whole.</summary>
    private protected static byte[] RequestOfLength(int length)
    {
        const int AnyOfFiveDigits = 10_000;
        int head = PostOf(Payload(AnyOfFiveDigits)).Length - AnyOfFiveDigits;
        return PostOf(Payload(length - head));
    }

    /// <summary>A chunked echo of as much as the limit allows.</summary>
    private protected static byte[] LargeRequest()
    {
        byte[] payload = Payload(1 << 20);
        return [.. Encoding.Latin1.GetBytes(PostChunked("/echo", "")), .. ChunksOf(payload, () => payload.Length)];
    }

    /// <summary>The payload in chunks whose sizes a generator chooses.</summary>
    private protected static byte[] ChunksOf(byte[] payload, Func<int> nextSize)
    {
        var chunks = new MemoryStream();
        for (int start = 0; start < payload.Length;)
        {
            int size = Math.Min(nextSize(), payload.Length - start);
            chunks.Write(Encoding.ASCII.GetBytes($"{size:x}\r\n"));
            chunks.Write(payload, start, size);
            chunks.Write("\r\n"u8);
            start += size;
        }

        chunks.Write("0\r\n\r\n"u8);
        return chunks.ToArray();
    }
}
