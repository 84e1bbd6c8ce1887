using System.Text;
using Reactor.Samples.Http;

namespace Reactor.Samples.Tests.Http;

public sealed class ResponseWriterTests
{
    private const string ServerAndDate = "Server: Reactor\r\nDate: Sun, 06 Nov 1994 08:49:37 GMT\r\n";

    private readonly HttpDate _date = new(new DateTimeOffset(1994, 11, 6, 8, 49, 37, TimeSpan.Zero));

    private string Write(ResponseHead head, ReadOnlySpan<byte> body)
    {
        byte[] buffer = new byte[1024];
        Assert.True(HttpResponseWriter.TryWrite(buffer, head, body, _date, out int written));
        return Encoding.Latin1.GetString(buffer, 0, written);
    }

    private string WriteError(HttpError error, RequestMethod method)
    {
        byte[] buffer = new byte[1024];
        Assert.True(HttpResponseWriter.TryWriteError(buffer, error, method, _date, out int written));
        return Encoding.Latin1.GetString(buffer, 0, written);
    }

    [Fact]
    public void A_response_is_exactly_these_bytes()
    {
        var route = new Route(RouteAction.Serve, Resource.Plaintext);
        Assert.Equal(
            $"HTTP/1.1 200 OK\r\n{ServerAndDate}Content-Type: text/plain\r\nContent-Length: 13\r\n\r\nHello, World!",
            Write(route.Head(13, ConnectionOption.None), route.Body));
    }

    [Fact]
    public void The_answer_to_HEAD_has_the_length_and_not_the_body()
    {
        var route = new Route(RouteAction.Serve, Resource.Json);
        Assert.Equal(
            $"HTTP/1.1 200 OK\r\n{ServerAndDate}Content-Type: application/json\r\nContent-Length: 27\r\n\r\n",
            Write(route.Head(route.Body.Length, ConnectionOption.None), default));
    }

    [Fact]
    public void Every_header_has_its_place() =>
        Assert.Equal(
            $"HTTP/1.1 405 Method Not Allowed\r\n{ServerAndDate}Content-Type: a/b\r\nContent-Length: 1\r\nAllow: GET, HEAD\r\nConnection: close\r\n\r\nx",
            Write(
                new ResponseHead
                {
                    Status = HttpStatus.MethodNotAllowed,
                    ContentType = "a/b"u8,
                    ContentLength = 1,
                    Allow = "GET, HEAD"u8,
                    Connection = ConnectionOption.Close,
                },
                "x"u8));

    [Fact]
    public void A_response_without_content_still_says_its_length() =>
        Assert.Equal(
            $"HTTP/1.1 200 OK\r\n{ServerAndDate}Content-Length: 0\r\nConnection: keep-alive\r\n\r\n",
            Write(new ResponseHead { Status = HttpStatus.Ok, Connection = ConnectionOption.KeepAlive }, default));

    [Fact]
    public void The_longest_length_fits() =>
        Assert.Contains(
            "Content-Length: 9223372036854775807\r\n",
            Write(new ResponseHead { Status = HttpStatus.Ok, ContentLength = long.MaxValue }, default), StringComparison.Ordinal);

    [Fact]
    public void An_error_is_named_and_closes_the_connection() =>
        Assert.Equal(
            $"HTTP/1.1 414 URI Too Long\r\n{ServerAndDate}Content-Type: text/plain\r\nContent-Length: 32\r\nConnection: close\r\n\r\nThe request target is too long.\n",
            WriteError(HttpError.TargetTooLong, RequestMethod.Get));

    [Fact]
    public void An_error_in_answer_to_HEAD_has_no_body() =>
        Assert.EndsWith("Content-Length: 28\r\nConnection: close\r\n\r\n", WriteError(HttpError.MissingHost, RequestMethod.Head), StringComparison.Ordinal);

    [Fact]
    public void Every_error_has_a_status_line_and_words_of_its_own()
    {
        var texts = new HashSet<string>();
        foreach (HttpError error in Enum.GetValues<HttpError>().Where(error => error != HttpError.None))
        {
            string response = WriteError(error, RequestMethod.Unknown);
            Assert.StartsWith($"HTTP/1.1 {(int)HttpErrors.Status(error)} ", response, StringComparison.Ordinal);
            Assert.True(texts.Add(Encoding.Latin1.GetString(HttpErrors.Text(error))), $"{error} shares its words");
        }
    }

    [Fact]
    public void Every_status_has_its_line()
    {
        foreach (HttpStatus status in Enum.GetValues<HttpStatus>())
        {
            string line = Encoding.Latin1.GetString(HttpStatusLines.Get(status));
            Assert.StartsWith($"HTTP/1.1 {(int)status} ", line, StringComparison.Ordinal);
            Assert.EndsWith("\r\n", line, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void A_response_is_written_whole_or_not_at_all()
    {
        var route = new Route(RouteAction.MethodNotAllowed, Resource.Root);
        int size = Write(route.Head(route.Body.Length, ConnectionOption.Close), route.Body).Length;
        for (int room = 0; room < size; room++)
        {
            byte[] buffer = new byte[room];
            Assert.False(HttpResponseWriter.TryWrite(buffer, route.Head(route.Body.Length, ConnectionOption.Close), route.Body, _date, out int written));
            Assert.Equal(0, written);
            Assert.True(buffer.AsSpan().IndexOfAnyExcept((byte)0) < 0);
        }
        Assert.True(HttpResponseWriter.TryWrite(new byte[size], route.Head(route.Body.Length, ConnectionOption.Close), route.Body, _date, out _));
    }

    [Fact]
    public void Continue_is_an_interim_response() =>
        Assert.Equal("HTTP/1.1 100 Continue\r\n\r\n", Encoding.Latin1.GetString(HttpResponseWriter.Continue));

    [Theory]
    [InlineData("1994-11-06T08:49:37Z", "Sun, 06 Nov 1994 08:49:37 GMT")]
    [InlineData("2026-12-31T23:59:59.999Z", "Thu, 31 Dec 2026 23:59:59 GMT")]
    [InlineData("2024-03-01T00:30:00+01:00", "Thu, 29 Feb 2024 23:30:00 GMT")]
    public void The_date_is_in_the_form_of_RFC_1123_and_in_UTC(string time, string expected)
    {
        _date.Update(DateTimeOffset.Parse(time, System.Globalization.CultureInfo.InvariantCulture));
        Assert.Equal(expected, Encoding.Latin1.GetString(_date.Value));
        Assert.Equal($"Server: Reactor\r\nDate: {expected}\r\n", Encoding.Latin1.GetString(_date.Lines));
    }
}
