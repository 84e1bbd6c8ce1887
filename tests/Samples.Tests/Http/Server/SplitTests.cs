using System.Text;

namespace Reactor.Samples.Tests.Http.Server;

/// <summary>However the bytes of requests are cut, the answers are the same.</summary>
public sealed class SplitTests : ServerTest
{
    private static readonly string s_requests =
        Get("/plaintext") +
        Post("/echo", "counted") +
        PostChunked("/echo", "3\r\nchu\r\n4;x=y\r\nnked\r\n0\r\nTrailer: t\r\n\r\n") +
        "HEAD /json HTTP/1.1\r\nHost: h\r\n\r\n" +
        Get("/nowhere") +
        Get("/", "Connection: close\r\n");

    [Fact]
    public void A_client_that_sends_byte_by_byte_is_served()
    {
        RawClient client = Connect();
        foreach (byte one in Encoding.Latin1.GetBytes(s_requests))
        {
            client.Send([one]);
        }

        ReadAnswers(client);
    }

    [Fact]
    public async Task A_client_whose_bytes_are_received_one_by_one_is_served()
    {
        RawClient client = Connect();
        foreach (byte one in Encoding.Latin1.GetBytes(s_requests))
        {
            client.Send([one]);
            await AwaitTurnsAsync();
        }

        ReadAnswers(client);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Requests_cut_at_random_are_answered_the_same(int seed)
    {
        var random = new Random(seed);
        byte[] requests = Encoding.Latin1.GetBytes(s_requests);
        for (int round = 0; round < 50; round++)
        {
            using RawClient client = Connect();
            for (int start = 0; start < requests.Length;)
            {
                int size = Math.Min(random.Next(1, 120), requests.Length - start);
                client.Send(requests.AsSpan(start, size));
                start += size;
            }

            ReadAnswers(client);
        }
    }

    private static void ReadAnswers(RawClient client)
    {
        Assert.Equal("Hello, World!", client.Read().Text);
        Assert.Equal("counted", client.Read().Text);
        Assert.Equal("chunked", client.Read().Text);
        Assert.Equal(200, client.Read(isHead: true).Status);
        Assert.Equal(404, client.Read().Status);
        Assert.Equal("close", client.Read().Connection);
        client.ExpectEnd();
    }
}
