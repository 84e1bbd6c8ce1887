using System.Text;

namespace Reactor.Samples.Tests.Http.Server;

public sealed class PipelinedTests : ServerTest
{
    [Theory]
    [InlineData(16)]
    [InlineData(1000)]
    public void Pipelined_requests_are_answered_in_order(int depth)
    {
        RawClient client = Connect();
        client.Send(string.Concat(Enumerable.Range(0, depth).Select(i => Post("/echo", $"answer {i}"))));
        for (int i = 0; i < depth; i++)
        {
            Assert.Equal($"answer {i}", client.Read().Text);
        }

        Eventually.Until(() => Running.Requests == depth, $"{depth} requests counted");
    }

    [Theory]
    [InlineData(16)]
    [InlineData(1000)]
    public void Pipelined_GETs_are_all_answered(int depth)
    {
        RawClient client = Connect();
        client.Send(string.Concat(Enumerable.Repeat(Get("/json"), depth)));
        for (int i = 0; i < depth; i++)
        {
            Assert.Equal("""{"message":"Hello, World!"}""", client.Read().Text);
        }
    }

    [Fact]
    public void A_pipeline_of_all_kinds_is_answered_in_order()
    {
        const int Rounds = 200;
        RawClient client = Connect();
        client.Send(string.Concat(Enumerable.Range(0, Rounds).Select(i =>
            Get("/plaintext") +
            Post("/", $"counted {i}") +
            PostChunked("/echo", $"8\r\nchunked \r\n{i.ToString(System.Globalization.CultureInfo.InvariantCulture).Length:x}\r\n{i}\r\n0\r\n\r\n") +
            PostChunked("/json", "5\r\nwaste\r\n0\r\n\r\n") +
            PostChunked("/echo", "0\r\n\r\n") +
            "HEAD / HTTP/1.1\r\nHost: h\r\n\r\n" +
            Post("/nowhere", "dropped"))));
        for (int i = 0; i < Rounds; i++)
        {
            Assert.Equal("Hello, World!", client.Read().Text);
            Assert.Equal($"counted {i}", client.Read().Text);
            Assert.Equal($"chunked {i}", client.Read().Text);
            Assert.Equal(405, client.Read().Status);
            Assert.Equal("0", client.Read()["Content-Length"]);
            Assert.Equal(200, client.Read(isHead: true).Status);
            Assert.Equal(404, client.Read().Status);
        }
    }

    [Fact]
    public async Task Bodies_larger_than_the_buffers_keep_their_place_in_a_pipeline()
    {
        byte[][] payloads = [.. new[] { 5, 100_000, 0, BufferSize, 300_000, 1 }.Select(Payload)];
        byte[] requests =
        [
            .. payloads.SelectMany((payload, i) => i % 2 == 0
                ? PostOf(payload)
                : [.. Encoding.Latin1.GetBytes(PostChunked("/echo", "")), .. ChunksOf(payload, () => 40_000)]),
        ];
        RawClient client = Connect();
        Task sending = Task.Run(() => client.Send(requests));
        foreach (byte[] payload in payloads)
        {
            Assert.True(client.Read().Body.AsSpan().SequenceEqual(payload));
        }

        await sending.WaitAsync(Eventually.Deadline);
    }

    [Fact]
    public void Nothing_behind_a_request_that_closes_is_answered()
    {
        RawClient client = Connect();
        client.Send(Get("/plaintext") + Get("/", "Connection: close\r\n") + Get("/json"));
        Assert.Equal(200, client.Read().Status);
        Assert.Equal("close", client.Read().Connection);
        client.ExpectEnd();
    }

    [Theory]
    [InlineData("GET / HTTP/1.1\r\n\r\n", 400)]
    [InlineData("GET / HTTP/2.0\r\nHost: h\r\n\r\n", 505)]
    [InlineData("POST /echo HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\nxyz", 400)]
    [InlineData("POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 1048577\r\n\r\n", 413)]
    public void Good_requests_in_front_of_a_bad_one_are_answered_first(string bad, int status)
    {
        const int Good = 300;
        RawClient client = Connect();
        client.Send(string.Concat(Enumerable.Range(0, Good).Select(i => Post("/echo", $"{i}"))) + bad + Get("/"));
        for (int i = 0; i < Good; i++)
        {
            Assert.Equal($"{i}", client.Read().Text);
        }

        Response refusal = client.Read();
        Assert.Equal((status, "close"), (refusal.Status, refusal.Connection));
        client.ExpectEnd();
    }

    [Fact]
    public void A_pipeline_is_answered_to_a_client_that_has_finished_sending()
    {
        const int Depth = 500;
        RawClient client = Connect();
        client.Send(string.Concat(Enumerable.Repeat(Get("/plaintext"), Depth)));
        client.Finish();
        for (int i = 0; i < Depth; i++)
        {
            Assert.Equal("Hello, World!", client.Read().Text);
        }

        client.ExpectEnd();
        AwaitNoConnections();
    }
}
