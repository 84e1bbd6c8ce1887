using System.Globalization;

namespace Reactor.Samples.Tests.Http.Server;

public sealed class RoutingTests : ServerTest
{
    [Theory]
    [InlineData("/", "text/plain", "Reactor: one event loop for each core.\n")]
    [InlineData("/plaintext", "text/plain", "Hello, World!")]
    [InlineData("/json", "application/json", """{"message":"Hello, World!"}""")]
    [InlineData("/json?callback=x", "application/json", """{"message":"Hello, World!"}""")]
    [InlineData("http://h/plaintext", "text/plain", "Hello, World!")]
    public void GET_brings_the_content(string target, string type, string content)
    {
        Response response = Connect().Ask(Get(target));
        Assert.Equal((200, "OK", type, content, null), (response.Status, response.Reason, response["Content-Type"], response.Text, response.Connection));
    }

    [Theory]
    [InlineData("/")]
    [InlineData("/plaintext")]
    [InlineData("/json")]
    [InlineData("/nowhere")]
    [InlineData("/echo")]
    public void HEAD_brings_the_head_of_GET_and_no_body(string path)
    {
        RawClient client = Connect();
        Response get = client.Ask(Get(path));
        Response head = client.Ask(Get(path).Replace("GET", "HEAD", StringComparison.Ordinal));
        Assert.Equal((get.Status, get["Content-Type"], get["Content-Length"], get["Allow"]), (head.Status, head["Content-Type"], head["Content-Length"], head["Allow"]));

        // Nothing of a body came: the next answer begins where the head has ended.
        Assert.Equal("Hello, World!", client.Ask(Get("/plaintext")).Text);
    }

    [Theory]
    [InlineData("/")]
    [InlineData("/echo")]
    public void POST_brings_the_body_back(string path)
    {
        Response response = Connect().Ask(Post(path, "a\0b\r\n\r\nc"));
        Assert.Equal((200, "application/octet-stream", "a\0b\r\n\r\nc"), (response.Status, response["Content-Type"], response.Text));
    }

    [Theory]
    [InlineData("/", "GET, HEAD, POST, OPTIONS")]
    [InlineData("/echo", "POST, OPTIONS")]
    [InlineData("/plaintext", "GET, HEAD, OPTIONS")]
    [InlineData("/json", "GET, HEAD, OPTIONS")]
    [InlineData("*", "GET, HEAD, POST, OPTIONS")]
    public void OPTIONS_names_the_methods(string path, string methods)
    {
        Response response = Connect().Ask($"OPTIONS {path} HTTP/1.1\r\nHost: h\r\n\r\n");
        Assert.Equal((200, methods, "0", null), (response.Status, response["Allow"], response["Content-Length"], response["Content-Type"]));
    }

    [Theory]
    [InlineData("GET", "/echo", "POST, OPTIONS")]
    [InlineData("POST", "/plaintext", "GET, HEAD, OPTIONS")]
    [InlineData("POST", "/json", "GET, HEAD, OPTIONS")]
    [InlineData("PUT", "/", "GET, HEAD, POST, OPTIONS")]
    [InlineData("DELETE", "/", "GET, HEAD, POST, OPTIONS")]
    [InlineData("PATCH", "/json", "GET, HEAD, OPTIONS")]
    public void A_method_that_the_resource_lacks_gets_405_with_Allow(string method, string path, string methods)
    {
        Response response = Connect().Ask($"{method} {path} HTTP/1.1\r\nHost: h\r\n\r\n");
        Assert.Equal((405, "Method Not Allowed", methods, null), (response.Status, response.Reason, response["Allow"], response.Connection));
    }

    [Theory]
    [InlineData("GET")]
    [InlineData("POST")]
    [InlineData("OPTIONS")]
    [InlineData("DELETE")]
    public void A_path_that_is_not_there_gets_404(string method)
    {
        Response response = Connect().Ask($"{method} /plaintex HTTP/1.1\r\nHost: h\r\n\r\n");
        Assert.Equal((404, "Not Found", null), (response.Status, response.Reason, response["Allow"]));
    }

    [Theory]
    [InlineData("BREW /", null)]
    [InlineData("get /", null)]
    [InlineData("TRACE /", null)]
    [InlineData("CONNECT h:80", "close")]
    public void A_method_that_nobody_has_gets_501(string beginning, string? connection)
    {
        Response response = Connect().Ask($"{beginning} HTTP/1.1\r\nHost: h\r\n\r\n");
        Assert.Equal((501, "Not Implemented", connection), (response.Status, response.Reason, response.Connection));
    }

    [Theory]
    [InlineData("GET /plaintext", 200)]
    [InlineData("POST /nowhere", 404)]
    [InlineData("POST /json", 405)]
    [InlineData("BREW /pot", 501)]
    public void A_body_that_nobody_asked_for_is_read_and_dropped(string beginning, int status)
    {
        RawClient client = Connect();
        Response response = client.Ask($"{beginning} HTTP/1.1\r\nHost: h\r\nContent-Length: 30\r\n\r\nGET / HTTP/1.1\r\nHost: h\r\n\r\n123");
        Assert.Equal((status, null), (response.Status, response.Connection));
        Assert.Equal("next", client.Ask(Post("/echo", "next")).Text);
        Assert.Equal(2, Running.Requests);
    }

    [Fact]
    public void The_date_is_the_present()
    {
        DateTimeOffset before = DateTimeOffset.UtcNow;
        string date = Connect().Ask(Get("/"))["Date"]!;
        var told = DateTimeOffset.ParseExact(date, "R", CultureInfo.InvariantCulture);
        Assert.InRange(told, before.AddSeconds(-3), DateTimeOffset.UtcNow);
    }

    [Fact]
    public void The_date_advances()
    {
        RawClient client = Connect();
        string first = client.Ask(Get("/"))["Date"]!;
        Eventually.Until(() => client.Ask(Get("/"))["Date"] != first, "a later date");
    }
}
