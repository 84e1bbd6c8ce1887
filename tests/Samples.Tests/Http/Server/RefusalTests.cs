namespace Reactor.Samples.Tests.Http.Server;

public sealed class RefusalTests : ServerTest
{
    [Theory]
    [InlineData("\0", 400)]
    [InlineData("\r\n\r\n", 400)]
    [InlineData("GET\r\n", 400)]
    [InlineData("GET  / HTTP/1.1\r\n", 400)]
    [InlineData("GET / HTTP/1.1\n", 400)]
    [InlineData("GET / HTTP/1.1\r\nHost: h\n", 400)]
    [InlineData("GET / HTTP/1.1\r\nHost: h\r\r\n", 400)]
    [InlineData("GET / HTTP/1.1\r\nAccept: x\r\n\r\n", 400)]
    [InlineData("GET / HTTP/1.1\r\nHost: h\r\nHost: h\r\n", 400)]
    [InlineData("GET / HTTP/1.1\r\nHost: h\r\n folded\r\n", 400)]
    [InlineData("GET / HTTP/1.1\r\nHost : h\r\n", 400)]
    [InlineData("GET / HTTP/1.1\r\nHost: h\r\nX: \u0001\r\n", 400)]
    [InlineData("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: +1\r\n", 400)]
    [InlineData("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: -1\r\n", 400)]
    [InlineData("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\nContent-Length: 1\r\n", 400)]
    [InlineData("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n", 400)]
    [InlineData("POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\nContent-Length: 1\r\n", 400)]
    [InlineData("POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n-1\r\n", 400)]
    [InlineData("POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nxx\r\n", 400)]
    [InlineData("POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n1\nx\r\n", 400)]
    [InlineData("POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: gzip\r\n", 501)]
    [InlineData("GET / HTTP/2.0\r\n", 505)]
    [InlineData("\u0016\u0003\u0001\u0002\0\u0001\0\u0001\u00fc\u0003\u0003", 400)]
    public void A_malformed_request_is_refused_and_the_connection_closed(string request, int status)
    {
        RawClient client = Connect();
        client.Send(request);
        Response response = client.Read();
        Assert.Equal((status, "close"), (response.Status, response.Connection));
        Assert.NotEqual("", response.Text);
        client.ExpectEnd();
        client.Finish();
        AwaitNoConnections();
    }

    [Fact]
    public void A_target_that_is_too_long_gets_414() => AssertRefused(Get("/" + new string('x', 8000)), 414);

    [Fact]
    public void A_header_that_is_too_long_gets_431() => AssertRefused(Get("/", $"X: {new string('x', 8190)}\r\n"), 431);

    [Fact]
    public void Too_many_headers_get_431() => AssertRefused(Get("/", string.Concat(Enumerable.Repeat("X: y\r\n", 100))), 431);

    [Fact]
    public void The_largest_head_that_is_allowed_is_served()
    {
        string lines = string.Concat(Enumerable.Repeat($"X: {new string('x', 8000)}\r\n", 2));
        string rest = $"Y: {new string('y', Limits.MaxHeaderBytes - lines.Length - "Host: h\r\n".Length - "Y: ".Length)}\r\n";
        Assert.Equal(200, Connect().Ask("\r\n" + Get("/json?" + new string('q', 8000 - 6), lines + rest)).Status);
    }

    [Fact]
    public void HEAD_is_refused_without_a_body()
    {
        RawClient client = Connect();
        Assert.Equal(400, client.Ask("HEAD / HTTP/1.1\r\n\r\n").Status);
        client.ExpectEnd();
    }

    [Fact]
    public void A_refused_client_that_goes_on_sending_can_read_the_refusal()
    {
        RawClient client = Connect();
        client.Send("GET / HTTP/1.1\r\n\r\n");
        byte[] more = Payload(1 << 20);
        for (int i = 0; i < 8; i++)
        {
            client.Send(more);
        }

        Assert.Equal(400, client.Read().Status);
        client.ExpectEnd();
    }

    private void AssertRefused(string request, int status)
    {
        RawClient client = Connect();
        Assert.Equal(status, client.Ask(request).Status);
        client.ExpectEnd();
    }
}
