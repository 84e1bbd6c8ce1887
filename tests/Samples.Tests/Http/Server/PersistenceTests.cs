namespace Reactor.Samples.Tests.Http.Server;

public sealed class PersistenceTests : ServerTest
{
    [Fact]
    public void A_connection_serves_one_request_after_the_other()
    {
        RawClient client = Connect();
        for (int i = 0; i < 500; i++)
        {
            Response response = client.Ask(Post("/echo", $"{i}"));
            Assert.Equal(($"{i}", null), (response.Text, response.Connection));
        }

        Assert.Equal(1, Running.Connections);
    }

    [Fact]
    public void Connection_close_is_confirmed_and_kept()
    {
        RawClient client = Connect();
        Assert.Equal("close", client.Ask(Get("/", "Connection: Close\r\n")).Connection);
        client.ExpectEnd();
        client.Finish();
        AwaitNoConnections();
    }

    [Fact]
    public void Connection_close_ends_the_connection_after_an_echo_too()
    {
        foreach (string request in new[]
        {
            Post("/echo", "hello", "Connection: close\r\n"),
            PostChunked("/echo", "5\r\nhello\r\n0\r\n\r\n", "Connection: close\r\n"),
        })
        {
            RawClient client = Connect();
            Response response = client.Ask(request);
            Assert.Equal(("hello", "close"), (response.Text, response.Connection));
            client.ExpectEnd();
        }
    }

    [Fact]
    public void HTTP_1_0_ends_after_one_answer()
    {
        RawClient client = Connect();
        Assert.Equal("close", client.Ask("GET /plaintext HTTP/1.0\r\n\r\n").Connection);
        client.ExpectEnd();
    }

    [Fact]
    public void HTTP_1_0_goes_on_when_it_asks_to()
    {
        RawClient client = Connect();
        for (int i = 0; i < 3; i++)
        {
            Assert.Equal("keep-alive", client.Ask("GET /plaintext HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n").Connection);
        }

        Assert.Equal("close", client.Ask("GET /plaintext HTTP/1.0\r\n\r\n").Connection);
        client.ExpectEnd();
    }
}
