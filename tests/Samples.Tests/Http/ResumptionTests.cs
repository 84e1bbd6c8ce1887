using System.Text;
using Reactor.Samples.Http;

namespace Reactor.Samples.Tests.Http;

public sealed class ResumptionTests
{
    /// <summary>
    /// Scanning from the front at each arrival would make a slow peer's head cost its length squared. Bytes that were
    /// already looked at are spoiled here; a parser that looked at them again would notice.
    /// </summary>
    [Theory]
    [InlineData("BREW")]
    [InlineData("GET /target")]
    [InlineData("GET /?query")]
    [InlineData("GET / HTTP/1.1\r\nHost: h\r\nName")]
    [InlineData("GET / HTTP/1.1\r\nHost: h\r\nName: value")]
    public void What_was_scanned_is_not_scanned_again(string arrived)
    {
        string rest = arrived switch
        {
            "BREW" => "X / HTTP/1.1\r\nHost: h\r\n\r\n",
            _ when arrived.Contains(": value", StringComparison.Ordinal) => "\r\n\r\n",
            _ when arrived.EndsWith("Name", StringComparison.Ordinal) => ":\r\n\r\n",
            _ => " HTTP/1.1\r\nHost: h\r\n\r\n",
        };
        byte[] head = Encoding.ASCII.GetBytes(arrived + rest);
        var parser = new HttpRequestParser(HttpLimits.Default);
        Assert.Equal(ParseStatus.NeedMore, parser.Parse(head.AsSpan(0, arrived.Length), out _));
        head[arrived.Length - 1] = 0;
        Assert.Equal(ParseStatus.Complete, parser.Parse(head, out int consumed));
        Assert.Equal(head.Length, consumed);
    }

    [Fact]
    public void A_buffer_that_lost_bytes_gets_no_verdict()
    {
        var parser = new HttpRequestParser(HttpLimits.Default);
        Assert.Equal(ParseStatus.NeedMore, parser.Parse("GET /target"u8, out _));
        Assert.Equal(ParseStatus.NeedMore, parser.Parse("GET"u8, out _));
    }

    [Fact]
    public void A_refused_connection_stays_refused_until_it_is_reset()
    {
        var parser = new HttpRequestParser(HttpLimits.Default);
        Assert.Equal(ParseStatus.Error, parser.Parse("@"u8, out _));
        Assert.Equal(ParseStatus.Error, parser.Parse("GET / HTTP/1.1\r\nHost: h\r\n\r\n"u8, out _));
        parser.Reset();
        Assert.Equal(ParseStatus.Complete, parser.Parse("GET / HTTP/1.1\r\nHost: h\r\n\r\n"u8, out _));
    }

    [Fact]
    public void A_body_that_has_ended_consumes_nothing_more()
    {
        var parser = new HttpRequestParser(HttpLimits.Default);
        var reader = new HttpBodyReader(HttpLimits.Default);
        Assert.Equal(ParseStatus.Complete, parser.Parse("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\n\r\n"u8, out _));
        reader.Begin(parser);
        Assert.Equal(BodyStatus.Done, reader.Read("xG"u8, out int consumed, out _));
        Assert.Equal(1, consumed);
        Assert.Equal(BodyStatus.Done, reader.Read("G"u8, out consumed, out _));
        Assert.Equal(0, consumed);
    }
}
