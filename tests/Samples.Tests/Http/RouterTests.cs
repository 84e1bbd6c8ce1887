using System.Text;
using Reactor.Samples.Http;

namespace Reactor.Samples.Tests.Http;

public sealed class RouterTests
{
    private static Route Resolve(string method, string path) =>
        Router.Resolve(RequestMethods.Identify(Encoding.ASCII.GetBytes(method)), Encoding.ASCII.GetBytes(path));

    [Theory]
    [InlineData("GET", "/", 200, "text/plain", "Reactor: one event loop for each core.\n")]
    [InlineData("HEAD", "/", 200, "text/plain", "Reactor: one event loop for each core.\n")]
    [InlineData("GET", "/plaintext", 200, "text/plain", "Hello, World!")]
    [InlineData("HEAD", "/plaintext", 200, "text/plain", "Hello, World!")]
    [InlineData("GET", "/json", 200, "application/json", "{\"message\":\"Hello, World!\"}")]
    [InlineData("HEAD", "/json", 200, "application/json", "{\"message\":\"Hello, World!\"}")]
    [InlineData("GET", "/nothing", 404, "text/plain", "There is nothing at this path.\n")]
    [InlineData("OPTIONS", "/nothing", 404, "text/plain", "There is nothing at this path.\n")]
    [InlineData("GET", "/Plaintext", 404, "text/plain", "There is nothing at this path.\n")]
    [InlineData("GET", "/plaintext/", 404, "text/plain", "There is nothing at this path.\n")]
    [InlineData("BREW", "/", 501, "text/plain", "The method is not implemented.\n")]
    [InlineData("BREW", "/nothing", 501, "text/plain", "The method is not implemented.\n")]
    [InlineData("TRACE", "/", 501, "text/plain", "The method is not implemented.\n")]
    [InlineData("CONNECT", "h:443", 501, "text/plain", "The method is not implemented.\n")]
    public void A_route_has_a_status_and_content(string method, string path, int status, string contentType, string body)
    {
        Route route = Resolve(method, path);
        Assert.Equal(status, (int)route.Status);
        Assert.Equal(contentType, Encoding.ASCII.GetString(route.ContentType));
        Assert.Equal(body, Encoding.ASCII.GetString(route.Body));
        Assert.True(route.Allow.IsEmpty);
    }

    [Theory]
    [InlineData("/")]
    [InlineData("/echo")]
    public void POST_is_echoed(string path)
    {
        Route route = Resolve("POST", path);
        Assert.Equal((RouteAction.Echo, HttpStatus.Ok), (route.Action, route.Status));
    }

    [Theory]
    [InlineData("/", "GET, HEAD, POST, OPTIONS")]
    [InlineData("/echo", "POST, OPTIONS")]
    [InlineData("/plaintext", "GET, HEAD, OPTIONS")]
    [InlineData("/json", "GET, HEAD, OPTIONS")]
    [InlineData("*", "GET, HEAD, POST, OPTIONS")]
    public void OPTIONS_is_answered_with_Allow_and_nothing_else(string path, string allow)
    {
        Route route = Resolve("OPTIONS", path);
        Assert.Equal(HttpStatus.Ok, route.Status);
        Assert.Equal(allow, Encoding.ASCII.GetString(route.Allow));
        Assert.True(route.Body.IsEmpty && route.ContentType.IsEmpty);
    }

    [Theory]
    [InlineData("GET", "/echo", "POST, OPTIONS")]
    [InlineData("HEAD", "/echo", "POST, OPTIONS")]
    [InlineData("POST", "/plaintext", "GET, HEAD, OPTIONS")]
    [InlineData("DELETE", "/json", "GET, HEAD, OPTIONS")]
    [InlineData("PUT", "/", "GET, HEAD, POST, OPTIONS")]
    [InlineData("PATCH", "/", "GET, HEAD, POST, OPTIONS")]
    public void A_method_that_a_path_does_not_have_is_answered_with_Allow(string method, string path, string allow)
    {
        Route route = Resolve(method, path);
        Assert.Equal(HttpStatus.MethodNotAllowed, route.Status);
        Assert.Equal(allow, Encoding.ASCII.GetString(route.Allow));
    }
}
