using System.Net;
using System.Net.Http.Headers;

namespace Reactor.Samples.Tests.Http.Server;

/// <summary>.NET's own client against the server.</summary>
public sealed class HttpClientTests : ServerTest
{
    [Fact]
    public async Task Many_parallel_requests_of_all_kinds_are_answered()
    {
        using HttpClient client = CreateClient(connections: 16);
        await Parallel.ForAsync(0, 1_000, new ParallelOptions { MaxDegreeOfParallelism = 64 }, async (i, cancel) =>
        {
            switch (i % 4)
            {
                case 0:
                    Assert.Equal("Hello, World!", await client.GetStringAsync("/plaintext", cancel));
                    break;
                case 1:
                    await AssertEchoedAsync(client, Payload(i * 37 % 50_000), isChunked: false);
                    break;
                case 2:
                    await AssertEchoedAsync(client, Payload(i * 41 % 50_000), isChunked: true);
                    break;
                default:
                    using (HttpResponseMessage missing = await client.GetAsync("/nowhere", cancel))
                    {
                        Assert.Equal(HttpStatusCode.NotFound, missing.StatusCode);
                    }

                    break;
            }
        });
        Assert.Equal(1_000, Running.Requests);
        Assert.InRange(Running.Connections, 1, 16);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_body_of_the_limit_comes_back(bool isChunked)
    {
        using HttpClient client = CreateClient(connections: 1);
        await AssertEchoedAsync(client, Payload(1 << 20), isChunked);
    }

    [Fact]
    public async Task A_client_that_waits_for_the_word_to_go_on_gets_it()
    {
        using HttpClient client = CreateClient(connections: 1);
        client.DefaultRequestHeaders.ExpectContinue = true;
        await AssertEchoedAsync(client, Payload(100_000), isChunked: false);
        await AssertEchoedAsync(client, Payload(100_000), isChunked: true);
    }

    [Fact]
    public async Task A_body_beyond_the_limit_is_refused_in_so_many_words()
    {
        using HttpClient client = CreateClient(connections: 1);
        client.DefaultRequestHeaders.ExpectContinue = true;
        using var content = new ByteArrayContent(Payload((1 << 20) + 1));
        using HttpResponseMessage response = await client.PostAsync("/echo", content);
        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, response.StatusCode);
    }

    [Fact]
    public async Task HEAD_and_OPTIONS_are_understood()
    {
        using HttpClient client = CreateClient(connections: 1);
        using var headRequest = new HttpRequestMessage(HttpMethod.Head, "/json");
        using HttpResponseMessage head = await client.SendAsync(headRequest);
        Assert.Equal(27, head.Content.Headers.ContentLength);
        using var optionsRequest = new HttpRequestMessage(HttpMethod.Options, "/json");
        using HttpResponseMessage options = await client.SendAsync(optionsRequest);
        Assert.Equal(["GET", "HEAD", "OPTIONS"], options.Content.Headers.Allow);
        Assert.Equal(1, Running.Connections);
    }

    [Fact]
    public async Task A_closed_connection_is_replaced_by_the_client()
    {
        using HttpClient client = CreateClient(connections: 1);
        client.DefaultRequestHeaders.ConnectionClose = true;
        for (int i = 0; i < 20; i++)
        {
            using HttpResponseMessage response = await client.GetAsync("/");
            Assert.True(response.Headers.ConnectionClose);
        }

        AwaitNoConnections();
    }

    private HttpClient CreateClient(int connections) => new(new SocketsHttpHandler { MaxConnectionsPerServer = connections, UseProxy = false })
    {
        BaseAddress = new Uri($"http://{Running.EndPoint}"),
        Timeout = Eventually.Deadline,
    };

    private static async Task AssertEchoedAsync(HttpClient client, byte[] payload, bool isChunked)
    {
        using var content = new ByteArrayContent(payload);
        using var request = new HttpRequestMessage(HttpMethod.Post, "/echo") { Content = content };
        request.Headers.TransferEncodingChunked = isChunked;
        using HttpResponseMessage response = await client.SendAsync(request);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal(new MediaTypeHeaderValue("application/octet-stream"), response.Content.Headers.ContentType);
        Assert.True((await response.Content.ReadAsByteArrayAsync()).AsSpan().SequenceEqual(payload));
    }
}
