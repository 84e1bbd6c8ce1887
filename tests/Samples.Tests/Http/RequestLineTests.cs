namespace Reactor.Samples.Tests.Http;

public sealed class RequestLineTests
{
    [Theory]
    [InlineData("GET", "Get")]
    [InlineData("HEAD", "Head")]
    [InlineData("POST", "Post")]
    [InlineData("PUT", "Put")]
    [InlineData("DELETE", "Delete")]
    [InlineData("OPTIONS", "Options")]
    [InlineData("PATCH", "Patch")]
    [InlineData("TRACE", "Trace")]
    [InlineData("BREW", "Unknown")]
    [InlineData("get", "Unknown")]
    [InlineData("!#$%&'*+-.^_`|~", "Unknown")]
    public void A_method_is_known_by_its_exact_name(string name, string method) =>
        Assert.Equal(method, EverySplit.Accepted($"{name} / HTTP/1.1\r\nHost: h\r\n\r\n").Method);

    [Theory]
    [InlineData("/", "/", "")]
    [InlineData("/?", "/", "")]
    [InlineData("/a/b?x=1&y=2", "/a/b", "x=1&y=2")]
    [InlineData("/a?b?c", "/a", "b?c")]
    [InlineData("/%41%zz", null, null)]
    [InlineData("/%41%7a", "/%41%7a", "")]
    [InlineData("/?%20", "/", "%20")]
    [InlineData("//x", "//x", "")]
    [InlineData("/a|b[1]", "/a|b[1]", "")]
    [InlineData("/?{^}`\\", "/", "{^}`\\")]
    [InlineData("http://a.example/p?q", "/p", "q")]
    [InlineData("HTTP://a.example", "/", "")]
    [InlineData("http://a.example?q", "/", "q")]
    [InlineData("http://[::1]:80/p", "/p", "")]
    public void The_query_is_split_off_the_path(string target, string? path, string? query)
    {
        string request = $"GET {target} HTTP/1.1\r\nHost: h\r\n\r\n";
        if (path is null)
        {
            Assert.Equal(400, EverySplit.Refused(request));
            return;
        }
        Exchange exchange = EverySplit.Accepted(request);
        Assert.Equal((path, query), (exchange.Path, exchange.Query));
    }

    [Fact]
    public void The_authority_of_an_absolute_target_outweighs_Host() =>
        Assert.Equal("a.example:81", EverySplit.Accepted("GET http://a.example:81/ HTTP/1.1\r\nHost: other\r\n\r\n").Authority);

    [Fact]
    public void The_authority_of_other_targets_is_Host() =>
        Assert.Equal("h:80", EverySplit.Accepted("GET / HTTP/1.1\r\nHost: \t h:80 \t\r\n\r\n").Authority);

    [Fact]
    public void An_asterisk_is_a_target_for_OPTIONS() =>
        Assert.Equal("*", EverySplit.Accepted("OPTIONS * HTTP/1.1\r\nHost: h\r\n\r\n").Path);

    [Fact]
    public void OPTIONS_of_an_authority_alone_asks_about_the_server() =>
        Assert.Equal("*", EverySplit.Accepted("OPTIONS http://h HTTP/1.1\r\nHost: h\r\n\r\n").Path);

    [Fact]
    public void CONNECT_with_an_authority_is_understood_and_is_the_last_request()
    {
        Exchange exchange = EverySplit.Accepted("CONNECT h:443 HTTP/1.1\r\nHost: h:443\r\n\r\n");
        Assert.Equal(("Connect", "h:443", false), (exchange.Method, exchange.Authority, exchange.KeepAlive));
    }

    [Fact]
    public void One_empty_line_before_the_request_line_is_forgiven() =>
        Assert.Equal("/x", EverySplit.Accepted("\r\nGET /x HTTP/1.1\r\nHost: h\r\n\r\n").Path);

    [Fact]
    public void A_later_minor_version_is_treated_as_1_1()
    {
        Exchange exchange = EverySplit.Accepted("GET / HTTP/1.9\r\nHost: h\r\n\r\n");
        Assert.Equal((false, true), (exchange.IsHttp10, exchange.KeepAlive));
    }

    public static TheoryData<int, string> Malformed => new()
    {
        { 400, "\r\n\r\nGET / HTTP/1.1\r\nHost: h\r\n\r\n" },
        { 400, "\nGET / HTTP/1.1\r\nHost: h\r\n\r\n" },
        { 400, "\rGET / HTTP/1.1\r\nHost: h\r\n\r\n" },
        { 400, " GET / HTTP/1.1\r\n" },
        { 400, "G@T / HTTP/1.1\r\n" },
        { 400, "G\0T / HTTP/1.1\r\n" },
        { 400, "G\u00e4T / HTTP/1.1\r\n" },
        { 400, "\u0016\u0003\u0001\u0002\0\u0001" },
        { 400, "GET\r\n" },
        { 400, "GET / \r\n" },
        { 400, "GET /\r\n" },
        { 400, "GET /\n" },
        { 400, "GET  / HTTP/1.1\r\n" },
        { 400, "GET /  HTTP/1.1\r\n" },
        { 400, "GET / HTTP/1.1 \r\n" },
        { 400, "GET\t/ HTTP/1.1\r\n" },
        { 400, "GET /\tHTTP/1.1\r\n" },
        { 400, "GET / HTTP/1.1\n" },
        { 400, "GET / HTTP/1.1\rX" },
        { 400, "GET / http/1.1\r\n" },
        { 400, "GET / HTTP/1\r\n" },
        { 400, "GET / HTTP/1.\r\n" },
        { 400, "GET / HTTP/1.10\r\n" },
        { 400, "GET / HTTP/11.1\r\n" },
        { 400, "GET / HTTP/a.1\r\n" },
        { 400, "GET / HTTP/1,1\r\n" },
        { 400, "GET / HTTPS/1.1\r\n" },
        { 400, "GET / FTP/1.1\r\n" },
        { 400, "GET /a b HTTP/1.1\r\n" },
        { 505, "GET / HTTP/2.0\r\n" },
        { 505, "GET / HTTP/3.0\r\n" },
        { 505, "GET / HTTP/0.9\r\n" },
        { 505, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" },
        { 400, "GET /#f HTTP/1.1\r\n" },
        { 400, "GET /?#f HTTP/1.1\r\n" },
        { 400, "GET /\0 HTTP/1.1\r\n" },
        { 400, "GET /\u0001 HTTP/1.1\r\n" },
        { 400, "GET /\u007f HTTP/1.1\r\n" },
        { 400, "GET /\u00e4 HTTP/1.1\r\n" },
        { 400, "GET /\u0080 HTTP/1.1\r\n" },
        { 400, "GET /a\rb HTTP/1.1\r\n" },
        { 400, "GET /a\nb HTTP/1.1\r\n" },
        { 400, "GET /\\ HTTP/1.1\r\n" },
        { 400, "GET /\" HTTP/1.1\r\n" },
        { 400, "GET /<> HTTP/1.1\r\n" },
        { 400, "GET /{} HTTP/1.1\r\n" },
        { 400, "GET /?\" HTTP/1.1\r\n" },
        { 400, "GET /% HTTP/1.1\r\n" },
        { 400, "GET /%4 HTTP/1.1\r\n" },
        { 400, "GET /%4g HTTP/1.1\r\n" },
        { 400, "GET /%%41 HTTP/1.1\r\n" },
        { 400, "GET /?%zz HTTP/1.1\r\n" },
        { 400, "GET x HTTP/1.1\r\n" },
        { 400, "GET ?x HTTP/1.1\r\n" },
        { 400, "GET * HTTP/1.1\r\n" },
        { 400, "OPTIONS *x HTTP/1.1\r\n" },
        { 400, "OPTIONS *? HTTP/1.1\r\n" },
        { 400, "GET h:80 HTTP/1.1\r\n" },
        { 400, "GET https://h/ HTTP/1.1\r\n" },
        { 400, "GET http:/h/ HTTP/1.1\r\n" },
        { 400, "GET http:// HTTP/1.1\r\n" },
        { 400, "GET http:///x HTTP/1.1\r\n" },
        { 400, "GET http://?x HTTP/1.1\r\n" },
        { 400, "GET http://u@h/ HTTP/1.1\r\n" },
        { 400, "GET http://h:x/ HTTP/1.1\r\n" },
        { 400, "CONNECT / HTTP/1.1\r\n" },
        { 400, "CONNECT h HTTP/1.1\r\n" },
        { 400, "CONNECT h: HTTP/1.1\r\n" },
        { 400, "CONNECT h:99999 HTTP/1.1\r\n" },
        { 400, "CONNECT h:443?x HTTP/1.1\r\n" },
        { 400, "CONNECT http://h:443/ HTTP/1.1\r\n" },
    };

    [Theory]
    [MemberData(nameof(Malformed))]
    public void A_malformed_request_line_is_refused_without_waiting_for_the_rest(int status, string request) =>
        Assert.Equal(status, EverySplit.Refused(request));

    [Theory]
    [InlineData("G@")]
    [InlineData("GET  ")]
    [InlineData("GET /\0")]
    [InlineData("GET /%x")]
    [InlineData("GET / h")]
    [InlineData("GET / HTTP/1.1x")]
    [InlineData("GET / HTTP/1.1\r\n ")]
    [InlineData("GET / HTTP/1.1\r\nHost ")]
    [InlineData("GET / HTTP/1.1\r\nHost: a\0")]
    public void The_verdict_falls_with_the_bad_byte(string request)
    {
        Assert.Equal(400, EverySplit.Refused(request));
        Assert.Equal(Ending.Incomplete, EverySplit.Of(request[..^1]).Ending);
    }
}
