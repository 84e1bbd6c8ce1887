namespace Reactor.Samples.Tests.Http.Server;

public sealed class ExpectationTests : ServerTest
{
    private const string Expect = "Expect: 100-continue\r\n";

    [Fact]
    public void A_client_that_waits_is_told_to_go_on()
    {
        RawClient client = Connect();
        client.Send($"POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n{Expect}\r\n");
        Assert.Equal(100, client.Read().Status);
        client.Send("hello");
        Assert.Equal("hello", client.Read().Text);
        Assert.Equal("next", client.Ask(Post("/echo", "next")).Text);
    }

    [Fact]
    public void A_client_that_waits_with_a_chunked_body_is_told_to_go_on()
    {
        RawClient client = Connect();
        client.Send(PostChunked("/echo", "", Expect));
        Assert.Equal(100, client.Read().Status);
        client.Send("5\r\nhello\r\n0\r\n\r\n");
        Assert.Equal("hello", client.Read().Text);
    }

    [Fact]
    public void A_client_that_waits_behind_a_pipeline_is_told_to_go_on()
    {
        RawClient client = Connect();
        client.Send(Get("/plaintext") + PostChunked("/echo", "", Expect));
        Assert.Equal("Hello, World!", client.Read().Text);
        Assert.Equal(100, client.Read().Status);
        client.Send("1\r\nx\r\n0\r\n\r\n");
        Assert.Equal("x", client.Read().Text);
    }

    [Fact]
    public void A_client_whose_body_is_there_already_is_not_told()
    {
        RawClient client = Connect();
        client.Send(Post("/echo", "hello", Expect));
        Response response = client.Read();
        Assert.Equal((200, "hello"), (response.Status, response.Text));
        Assert.Equal(200, client.Ask(Get("/")).Status);
    }

    [Fact]
    public void A_client_without_a_body_is_not_told() =>
        Assert.Equal(200, Connect().Ask($"POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\n{Expect}\r\n").Status);

    [Fact]
    public void An_HTTP_1_0_client_is_not_told()
    {
        RawClient client = Connect();
        client.Send($"POST /echo HTTP/1.0\r\nContent-Length: 5\r\n{Expect}\r\n");
        client.Send("hello");
        Assert.Equal("hello", client.Read().Text);
    }

    [Theory]
    [InlineData("POST /nowhere", 404)]
    [InlineData("PUT /", 405)]
    [InlineData("BREW /", 501)]
    public void A_body_that_is_not_wanted_is_refused_instead(string beginning, int status)
    {
        RawClient client = Connect();
        client.Send($"{beginning} HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n{Expect}\r\n");
        Response response = client.Read();
        Assert.Equal((status, "close"), (response.Status, response.Connection));
        client.ExpectEnd();
    }

    [Fact]
    public void A_body_that_is_too_large_is_refused_instead()
    {
        RawClient client = Connect();
        client.Send($"POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 99999999\r\n{Expect}\r\n");
        Assert.Equal(413, client.Read().Status);
        client.ExpectEnd();
    }

    [Fact]
    public void Another_expectation_gets_417()
    {
        RawClient client = Connect();
        Assert.Equal(417, client.Ask(Get("/", "Expect: the-unexpected\r\n")).Status);
        client.ExpectEnd();
    }
}
