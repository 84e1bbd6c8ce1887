using System.Net;
using System.Net.ServerSentEvents;
using System.Net.WebSockets;
using System.Security.Cryptography;
using System.Text;
using Grpc.Core;
using Grpc.Net.Client;
using Reactor.Samples.Tests.Processes;
using Reactor.Samples.WebApp.Grpc;

namespace Reactor.Samples.Tests.WebApp;

/// <summary>What the WebApp sample answers, over each transport and scheduling.</summary>
public sealed class WebAppEndpointTests
{
    [Theory]
    [MemberData(nameof(WebAppProcess.Variants), MemberType = typeof(WebAppProcess))]
    public async Task Text_and_JSON_come_by_every_protocol(string transport, string scheduling)
    {
        using var app = new WebAppProcess(transport, scheduling);
        foreach ((Uri address, int version) in new[] { (app.Http, 1), (app.Http2, 2), (app.Tls, 1), (app.Tls, 2) })
        {
            using HttpClient http = WebAppProcess.Client(address, version);
            Assert.Equal("Hello, World!", await http.GetStringAsync("/plaintext").WaitAsync(Eventually.Deadline));
            Assert.Equal("{\"message\":\"Hello, World!\"}", await http.GetStringAsync("/json").WaitAsync(Eventually.Deadline));
        }
    }

    [Theory]
    [MemberData(nameof(WebAppProcess.Variants), MemberType = typeof(WebAppProcess))]
    public async Task Uploads_and_downloads_are_whole(string transport, string scheduling)
    {
        using var app = new WebAppProcess(transport, scheduling);
        foreach ((Uri address, int version) in new[] { (app.Http, 1), (app.Http2, 2), (app.Tls, 2) })
        {
            using HttpClient http = WebAppProcess.Client(address, version);
            byte[] body = new byte[40_000_000];
            new Random(1).NextBytes(body);
            using HttpResponseMessage answer = await http.PostAsync("/upload", new ByteArrayContent(body)).WaitAsync(Eventually.Deadline);
            Assert.Equal($"{body.Length} {Convert.ToHexStringLower(SHA256.HashData(body))}\n", await answer.Content.ReadAsStringAsync());

            byte[] zeros = await http.GetByteArrayAsync("/download?bytes=40000000").WaitAsync(Eventually.Deadline);
            Assert.Equal(40_000_000, zeros.Length);
            Assert.False(zeros.AsSpan().ContainsAnyExcept((byte)0));
        }
    }

    [Theory]
    [MemberData(nameof(WebAppProcess.Variants), MemberType = typeof(WebAppProcess))]
    public async Task A_WebSocket_is_echoed(string transport, string scheduling)
    {
        using var app = new WebAppProcess(transport, scheduling);
        using var socket = new ClientWebSocket();
        using var deadline = new CancellationTokenSource(Eventually.Deadline);
        await socket.ConnectAsync(new UriBuilder(app.Http) { Scheme = "ws", Path = "/echo" }.Uri, deadline.Token);
        byte[] buffer = new byte[100];
        for (int i = 0; i < 20; i++)
        {
            byte[] sent = Encoding.UTF8.GetBytes($"message {i}");
            await socket.SendAsync(sent, WebSocketMessageType.Text, true, deadline.Token);
            ValueWebSocketReceiveResult received = await socket.ReceiveAsync(buffer.AsMemory(), deadline.Token);
            Assert.Equal(sent, buffer[..received.Count]);
        }

        await socket.CloseAsync(WebSocketCloseStatus.NormalClosure, null, deadline.Token);
    }

    [Theory]
    [MemberData(nameof(WebAppProcess.Variants), MemberType = typeof(WebAppProcess))]
    public async Task Events_come_one_by_one(string transport, string scheduling)
    {
        using var app = new WebAppProcess(transport, scheduling);
        using HttpClient http = WebAppProcess.Client(app.Http);
        using var deadline = new CancellationTokenSource(Eventually.Deadline);
        await using Stream stream = await http.GetStreamAsync("/events?count=5&milliseconds=5", deadline.Token);
        var ticks = new List<string>();
        await foreach (SseItem<string> item in SseParser.Create(stream).EnumerateAsync(deadline.Token))
        {
            ticks.Add($"{item.EventType} {item.Data}");
        }

        Assert.Equal(["tick 1", "tick 2", "tick 3", "tick 4", "tick 5"], ticks);
    }

    [Theory]
    [MemberData(nameof(WebAppProcess.Variants), MemberType = typeof(WebAppProcess))]
    public async Task The_counter_is_one_for_HTTP_and_gRPC(string transport, string scheduling)
    {
        using var app = new WebAppProcess(transport, scheduling);
        await Task.WhenAll(Enumerable.Range(0, 8).Select(async _ =>
        {
            using HttpClient http = WebAppProcess.Client(app.Http);
            for (int i = 0; i < 10; i++)
            {
                using HttpResponseMessage answer = await http.PostAsync("/count", null).WaitAsync(Eventually.Deadline);
                Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
            }
        }));
        using GrpcChannel channel = GrpcChannel.ForAddress(app.Http2);
        var counting = new Counting.CountingClient(channel);
        for (int i = 0; i < 20; i++)
        {
            await counting.IncrementAsync(new CountRequest(), deadline: DateTime.UtcNow + Eventually.Deadline);
        }

        using AsyncDuplexStreamingCall<CountRequest, CountReply> watch = counting.Watch(deadline: DateTime.UtcNow + Eventually.Deadline);
        for (int i = 0; i < 3; i++)
        {
            await watch.RequestStream.WriteAsync(new CountRequest());
            Assert.True(await watch.ResponseStream.MoveNext());
            Assert.Equal(100, watch.ResponseStream.Current.Value);
        }

        await watch.RequestStream.CompleteAsync();
        using HttpClient last = WebAppProcess.Client(app.Http);
        Assert.Equal("100", await last.GetStringAsync("/count"));
    }

    [Theory]
    [MemberData(nameof(WebAppProcess.Variants), MemberType = typeof(WebAppProcess))]
    public async Task Health_and_metrics_are_there(string transport, string scheduling)
    {
        using var app = new WebAppProcess(transport, scheduling);
        using HttpClient http = WebAppProcess.Client(app.Http);

        Assert.Equal("Healthy", await http.GetStringAsync("/health").WaitAsync(Eventually.Deadline));
        string metrics = await http.GetStringAsync("/metrics").WaitAsync(Eventually.Deadline);
        Assert.Contains("reactor_accept_errors_total{", metrics, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(WebAppProcess.Variants), MemberType = typeof(WebAppProcess))]
    public void A_signal_ends_it_quickly_although_connections_are_open(string transport, string scheduling)
    {
        using var app = new WebAppProcess(transport, scheduling);
        using HttpClient http = WebAppProcess.Client(app.Http);
        using var events = http.Send(new HttpRequestMessage(HttpMethod.Get, "/events?count=1000000"), HttpCompletionOption.ResponseHeadersRead);
        using var page = http.Send(new HttpRequestMessage(HttpMethod.Get, "/dashboard.events"), HttpCompletionOption.ResponseHeadersRead);
        app.Process.Signal(SampleProcess.SIGTERM);

        Assert.Equal(0, app.Process.WaitForExit(TimeSpan.FromSeconds(8)));
        Assert.Equal("", app.Process.Complaints);
    }

    [Theory]
    [InlineData("--transport", "pigeon", "pigeon")]
    [InlineData("--tls-port", "70000", "--tls-port 70000: a port is a number from 0 to 65535.")]
    public void Options_that_cannot_be_met_are_named(string option, string value, string said)
    {
        using SampleProcess sample = SampleProcess.Run("WebApp", option, value);

        Assert.Equal(2, sample.WaitForExit());
        Assert.Contains(said, sample.Error, StringComparison.Ordinal);
    }
}
