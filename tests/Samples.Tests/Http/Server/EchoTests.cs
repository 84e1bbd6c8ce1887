using System.Text;

namespace Reactor.Samples.Tests.Http.Server;

public sealed class EchoTests : ServerTest
{
    private const int Limit = 1 << 20;

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(100)]
    [InlineData(65_536)]
    [InlineData(Limit - 1)]
    [InlineData(Limit)]
    public void A_counted_body_comes_back(int length) => AssertEchoed(Connect(), Payload(length));

    [Theory]
    [InlineData(-1)]
    [InlineData(0)]
    [InlineData(1)]
    public void A_body_around_the_size_of_the_buffer_comes_back(int difference)
    {
        RawClient client = Connect();
        AssertEchoed(client, Payload(BufferSize + difference));
        AssertEchoed(client, Payload(2 * BufferSize + difference));
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(0)]
    [InlineData(1)]
    public void A_request_around_the_size_of_the_buffer_is_answered(int difference)
    {
        RawClient client = Connect();
        foreach (int length in new[] { BufferSize, 2 * BufferSize })
        {
            client.Send(RequestOfLength(length + difference));
            Assert.Equal(200, client.Read().Status);
        }
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(0)]
    [InlineData(1)]
    public void An_answer_around_the_size_of_the_buffer_is_whole(int difference)
    {
        RawClient client = Connect();
        client.Send(PostOf(Payload(10_000)));
        byte[] buffer = new byte[20_000];
        int head = 0;
        while (head < 4 || !buffer.AsSpan(head - 4, 4).SequenceEqual("\r\n\r\n"u8))
        {
            client.ReadExactly(buffer.AsSpan(head++, 1));
        }

        client.ReadExactly(buffer.AsSpan(0, 10_000));
        AssertEchoed(client, Payload(BufferSize - head + difference));
    }

    [Theory]
    [InlineData(1, 7)]
    [InlineData(2, 100)]
    [InlineData(3, 3_000)]
    [InlineData(4, 20_000)]
    public void A_chunked_body_comes_back_whatever_its_chunks(int seed, int largest)
    {
        var random = new Random(seed);
        byte[] payload = Payload(largest * 40);
        byte[] request = [.. Encoding.Latin1.GetBytes(PostChunked("/echo", "")), .. ChunksOf(payload, () => random.Next(1, largest))];
        RawClient client = Connect();
        for (int start = 0; start < request.Length;)
        {
            int size = Math.Min(random.Next(1, largest), request.Length - start);
            client.Send(request.AsSpan(start, size));
            start += size;
        }

        Assert.True(client.Read().Body.AsSpan().SequenceEqual(payload));
        Assert.Equal("next", client.Ask(Post("/echo", "next")).Text);
    }

    [Theory]
    [InlineData(4_096)]
    [InlineData(Limit)]
    public void A_chunked_body_of_the_limit_comes_back(int chunk)
    {
        byte[] payload = Payload(Limit);
        RawClient client = Connect();
        client.Send([.. Encoding.Latin1.GetBytes(PostChunked("/", "")), .. ChunksOf(payload, () => chunk)]);
        Assert.True(client.Read().Body.AsSpan().SequenceEqual(payload));
    }

    [Fact]
    public void An_announced_body_beyond_the_limit_gets_413()
    {
        RawClient client = Connect();
        Response response = client.Ask($"POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: {Limit + 1}\r\n\r\n");
        Assert.Equal((413, "Content Too Large", "close"), (response.Status, response.Reason, response.Connection));
        client.ExpectEnd();
    }

    [Fact]
    public void A_chunked_body_that_passes_the_limit_gets_413()
    {
        byte[] payload = Payload(Limit + 1);
        RawClient client = Connect();
        client.Send([.. Encoding.Latin1.GetBytes(PostChunked("/echo", "")), .. ChunksOf(payload, () => 50_000)]);
        Response response = client.Read();
        Assert.Equal((413, "close"), (response.Status, response.Connection));
        client.ExpectEnd();
    }

    [Fact]
    public void A_client_that_sends_all_of_a_refused_body_first_can_still_read_the_refusal()
    {
        byte[] payload = Payload(8 * Limit);
        RawClient client = Connect();

        // Every byte is taken, because the server reads on until the client has finished.
        client.Send(PostOf(payload));
        Response response = client.Read();
        Assert.Equal((413, "close"), (response.Status, response.Connection));
        client.ExpectEnd();
        client.Finish();
        AwaitNoConnections();
    }

    [Fact]
    public void A_body_may_come_back_while_it_is_still_being_sent()
    {
        byte[] request = PostOf(Payload(200_000));
        RawClient client = Connect();
        client.Send(request.AsSpan(0, 100_000));
        Response head = client.ReadHead();
        Assert.Equal("200000", head["Content-Length"]);
        client.Send(request.AsSpan(100_000));
        byte[] body = new byte[200_000];
        client.ReadExactly(body);
        Assert.True(body.AsSpan().SequenceEqual(Payload(200_000)));
    }

    private static void AssertEchoed(RawClient client, byte[] payload)
    {
        // All of it is sent before anything is read, as simple clients do.
        client.Send(PostOf(payload));
        Response response = client.Read();
        Assert.Equal((200, payload.Length), (response.Status, response.Body.Length));
        Assert.True(response.Body.AsSpan().SequenceEqual(payload));
    }
}
