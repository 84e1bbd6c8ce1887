using System.Net;
using System.Net.WebSockets;
using System.Security.Cryptography;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Reactor.Net.Tests.Pipelines;

namespace Reactor.Net.Kestrel.Tests.Http;

/// <summary>Requests and answers of all kinds and sizes arrive whole, by every protocol. <c>REACTOR_TRANSFER_MIB</c> makes the large ones larger, up to 1,024.</summary>
public sealed class TransferTests
{
    private static readonly int s_large = int.TryParse(Environment.GetEnvironmentVariable("REACTOR_TRANSFER_MIB"), out int size) ? size * 1024 * 1024 : 20_000_000;

    public static TheoryData<Transport, Protocol> Protocols
    {
        get
        {
            var data = new TheoryData<Transport, Protocol>();
            foreach (Transport transport in Enum.GetValues<Transport>())
            {
                foreach (Protocol protocol in Enum.GetValues<Protocol>())
                {
                    data.Add(transport, protocol);
                }
            }

            return data;
        }
    }

    [Theory]
    [MemberData(nameof(Protocols))]
    public async Task A_large_body_arrives_whole(Transport transport, Protocol protocol)
    {
        await using TestApp app = await StartAsync(transport, protocol, async context =>
        {
            using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
            byte[] buffer = new byte[10_000];
            while (await context.Request.Body.ReadAsync(buffer) is var read and > 0)
            {
                hash.AppendData(buffer.AsSpan(0, read));
            }

            await context.Response.WriteAsync(Convert.ToHexString(hash.GetHashAndReset()));
        });
        using HttpClient http = ClientOf(app, protocol);
        byte[] body = Random(s_large);
        using HttpResponseMessage answer = await http.PostAsync("/", new ByteArrayContent(body)).InTimeAsync();

        Assert.Equal(Convert.ToHexString(SHA256.HashData(body)), await answer.Content.ReadAsStringAsync().InTimeAsync());
    }

    [Theory]
    [MemberData(nameof(Protocols))]
    public async Task A_large_answer_arrives_whole_though_its_client_reads_slowly(Transport transport, Protocol protocol)
    {
        byte[] body = Random(s_large);
        await using TestApp app = await StartAsync(transport, protocol, async context => await context.Response.Body.WriteAsync(body));
        using HttpClient http = ClientOf(app, protocol);
        using HttpResponseMessage answer = await http.GetAsync("/", HttpCompletionOption.ResponseHeadersRead).InTimeAsync();
        await using Stream stream = await answer.Content.ReadAsStreamAsync();
        byte[] received = new byte[s_large];
        for (int length = 0; length < s_large;)
        {
            await Task.Yield();
            int read = await stream.ReadAsync(received.AsMemory(length, Math.Min(50_000, s_large - length))).InTimeAsync();
            Assert.True(read > 0, $"The answer ended after {length} bytes.");
            length += read;
        }

        Assert.True(body.AsSpan().SequenceEqual(received));
    }

    [Theory]
    [MemberData(nameof(Protocols))]
    public async Task Many_requests_at_a_time_get_their_own_answers(Transport transport, Protocol protocol)
    {
        await using TestApp app = await StartAsync(transport, protocol, async context =>
        {
            using var body = new MemoryStream();
            await context.Request.Body.CopyToAsync(body);
            if (body.Length % 3 == 0)
            {
                await Task.Run(static () => { }).ConfigureAwait(false);
            }

            await context.Response.Body.WriteAsync(body.ToArray());
        });
        using HttpClient http = ClientOf(app, protocol);

        await Task.WhenAll(Enumerable.Range(0, 200).Select(async i =>
        {
            byte[] sent = Random(i * 500, i);
            using HttpResponseMessage answer = await http.PostAsync("/", new ByteArrayContent(sent)).InTimeAsync();
            Assert.Equal(sent, await answer.Content.ReadAsByteArrayAsync().InTimeAsync());
        }));
    }

    [Theory]
    [MemberData(nameof(Protocols))]
    public async Task A_stream_of_small_parts_arrives_part_by_part(Transport transport, Protocol protocol)
    {
        using var next = new SemaphoreSlim(0);
        await using TestApp app = await StartAsync(transport, protocol, async context =>
        {
            for (int i = 0; i < 20; i++)
            {
                await context.Response.WriteAsync($"data: {i}\n\n");
                await context.Response.Body.FlushAsync();
                await next.WaitAsync();
            }
        });
        using HttpClient http = ClientOf(app, protocol);
        using HttpResponseMessage answer = await http.GetAsync("/", HttpCompletionOption.ResponseHeadersRead).InTimeAsync();
        using var reader = new StreamReader(await answer.Content.ReadAsStreamAsync());
        for (int i = 0; i < 20; i++)
        {
            Assert.Equal($"data: {i}", await reader.ReadLineAsync().InTimeAsync());
            Assert.Equal("", await reader.ReadLineAsync().InTimeAsync());
            next.Release();
        }

        Assert.Null(await reader.ReadLineAsync().InTimeAsync());
    }

    [Theory]
    [MemberData(nameof(Transports.All), MemberType = typeof(Transports))]
    public async Task Pipelined_requests_are_answered_in_their_order(Transport transport)
    {
        await using TestApp app = await TestApp.StartAsync(transport, async context =>
        {
            string path = context.Request.Path.Value!;
            context.Response.ContentLength = path.Length;
            await context.Response.WriteAsync(path);
        });
        using Client client = await app.ConnectAsync();
        for (int round = 0; round < 20; round++)
        {
            await client.SendAsync(string.Concat(Enumerable.Range(0, 16).Select(i => $"GET /{round}-{i} HTTP/1.1\r\nHost: test\r\n\r\n")));
            for (int i = 0; i < 16; i++)
            {
                Assert.Equal($"/{round}-{i}", (await client.ReceiveAnswerAsync()).Body);
            }
        }
    }

    [Theory]
    [MemberData(nameof(Transports.All), MemberType = typeof(Transports))]
    public async Task A_request_that_comes_byte_by_byte_is_answered(Transport transport)
    {
        await using TestApp app = await TestApp.StartAsync(transport, async context =>
        {
            using var reader = new StreamReader(context.Request.Body);
            string body = await reader.ReadToEndAsync();
            context.Response.ContentLength = body.Length;
            await context.Response.WriteAsync(body);
        });
        using Client client = await app.ConnectAsync();
        foreach (char c in "POST / HTTP/1.1\r\nHost: test\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n3\r\nyou\r\n0\r\n\r\n")
        {
            await client.SendAsync(c.ToString());
        }

        Assert.Equal("helloyou", (await client.ReceiveAnswerAsync()).Body);
    }

    [Theory]
    [MemberData(nameof(Transports.All), MemberType = typeof(Transports))]
    public async Task A_client_that_expects_100_Continue_gets_it_when_the_body_is_read(Transport transport)
    {
        await using TestApp app = await TestApp.StartAsync(transport, async context =>
        {
            using var reader = new StreamReader(context.Request.Body);
            string body = await reader.ReadToEndAsync();
            context.Response.ContentLength = body.Length;
            await context.Response.WriteAsync(body);
        });
        using Client client = await app.ConnectAsync();
        await client.SendAsync("POST / HTTP/1.1\r\nHost: test\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n");
        Assert.Equal("HTTP/1.1 100 Continue\r\n\r\n", await client.ReceiveUntilAsync("\r\n\r\n"));
        await client.SendAsync("hello");

        Assert.Equal("hello", (await client.ReceiveAnswerAsync()).Body);
    }

    [Theory]
    [MemberData(nameof(Transports.All), MemberType = typeof(Transports))]
    public async Task A_WebSocket_echoes_and_closes(Transport transport)
    {
        await using TestApp app = await TestApp.StartAsync(transport, null, application =>
        {
            application.UseWebSockets();
            application.Run(async context =>
            {
                using WebSocket socket = await context.WebSockets.AcceptWebSocketAsync();
                byte[] buffer = new byte[4_096];
                while (await socket.ReceiveAsync(buffer.AsMemory(), default) is { MessageType: not WebSocketMessageType.Close } received)
                {
                    await socket.SendAsync(buffer.AsMemory(0, received.Count), received.MessageType, received.EndOfMessage, default);
                }

                await socket.CloseAsync(WebSocketCloseStatus.NormalClosure, null, default);
            });
        });
        using var client = new ClientWebSocket();
        using var deadline = new CancellationTokenSource(Eventually.Patience);
        await client.ConnectAsync(new UriBuilder(app.Addresses[0]) { Scheme = "ws" }.Uri, deadline.Token);
        byte[] buffer = new byte[20_000];
        for (int i = 0; i < 100; i++)
        {
            byte[] sent = Random(i * 150, i);
            await client.SendAsync(sent, WebSocketMessageType.Binary, true, deadline.Token);
            int length = 0;
            ValueWebSocketReceiveResult received;
            do
            {
                received = await client.ReceiveAsync(buffer.AsMemory(length), deadline.Token);
                length += received.Count;
            }
            while (!received.EndOfMessage);
            Assert.Equal(sent, buffer[..length]);
        }

        await client.CloseAsync(WebSocketCloseStatus.NormalClosure, null, deadline.Token);
        Assert.Equal(WebSocketState.Closed, client.State);
    }

    [Theory]
    [MemberData(nameof(Transports.All), MemberType = typeof(Transports))]
    public async Task A_WebSocket_whose_client_is_gone_ends(Transport transport)
    {
        var failure = new TaskCompletionSource<Exception>();
        await using TestApp app = await TestApp.StartAsync(transport, null, application =>
        {
            application.UseWebSockets();
            application.Run(async context =>
            {
                using WebSocket socket = await context.WebSockets.AcceptWebSocketAsync();
                failure.SetResult(await Assert.ThrowsAnyAsync<Exception>(async () => await socket.ReceiveAsync(new byte[10].AsMemory(), default)));
            });
        });
        Client client = await app.ConnectAsync();
        await client.SendGetAsync("/", $"Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {Convert.ToBase64String(new byte[16])}\r\n");
        Assert.StartsWith("HTTP/1.1 101", await client.ReceiveUntilAsync("\r\n\r\n"), StringComparison.Ordinal);
        client.Reset();

        Assert.IsType<WebSocketException>(await failure.Task.InTimeAsync());
    }

    [Theory]
    [MemberData(nameof(Transports.All), MemberType = typeof(Transports))]
    public async Task Connection_logging_sees_what_passes(Transport transport)
    {
        await using TestApp app = await TestApp.StartAsync(transport, context => context.Response.WriteAsync("hello"), options => options.Listener = listener => listener.UseConnectionLogging());
        using Client client = await app.ConnectAsync();
        await client.SendGetAsync("/seen");
        await client.ReceiveUntilAsync("0\r\n\r\n");

        Assert.Contains(app.Log.Entries, entry => entry.Message.Contains("ReadAsync", StringComparison.Ordinal));
        Assert.Contains(app.Log.Entries, entry => entry.Message.Contains("WriteAsync", StringComparison.Ordinal));
    }

    private static Task<TestApp> StartAsync(Transport transport, Protocol protocol, RequestDelegate answer) =>
        TestApp.StartAsync(transport, answer, options =>
        {
            options.Kestrel = static kestrel => kestrel.Limits.MaxRequestBodySize = null;
            options.Listener = listener =>
            {
                listener.Protocols = protocol is Protocol.Http2 or Protocol.Http2OverTls ? HttpProtocols.Http2 : HttpProtocols.Http1;
                if (protocol is Protocol.Http1OverTls or Protocol.Http2OverTls)
                {
                    listener.UseHttps(Certificates.Server);
                }
            };
        });

    private static HttpClient ClientOf(TestApp app, Protocol protocol)
    {
        var handler = new SocketsHttpHandler();
        handler.SslOptions.RemoteCertificateValidationCallback = static (_, certificate, _, _) => Certificates.Server.Equals(certificate);
        return new HttpClient(handler)
        {
            BaseAddress = app.Addresses[0],
            DefaultRequestVersion = protocol is Protocol.Http2 or Protocol.Http2OverTls ? HttpVersion.Version20 : HttpVersion.Version11,
            DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact,
        };
    }

    private static byte[] Random(int length, int seed = 1)
    {
        byte[] bytes = new byte[length];
        new Random(seed).NextBytes(bytes);
        return bytes;
    }
}
