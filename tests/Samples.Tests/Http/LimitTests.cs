using System.Text;
using Reactor.Samples.Http;

namespace Reactor.Samples.Tests.Http;

public sealed class LimitTests
{
    private static readonly HttpLimits s_small = new()
    {
        MaxMethodBytes = 8,
        MaxTargetBytes = 20,
        MaxHeaderLineBytes = 30,
        MaxHeaderBytes = 60,
        MaxHeaders = 4,
        MaxBodyBytes = 10,
        MaxChunkExtensionBytes = 6,
        MaxTrailerBytes = 10,
    };

    private static string Text(int length) => new('x', length);

    private static string Chunked(string body) => "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n" + body;

    public static TheoryData<string> WithinLimits => new()
    {
        $"{Text(8)} / HTTP/1.1\r\nHost: h\r\n\r\n",
        $"GET /{Text(19)} HTTP/1.1\r\nHost: h\r\n\r\n",
        $"GET /?{Text(15)}%41 HTTP/1.1\r\nHost: h\r\n\r\n",
        $"GET / HTTP/1.1\r\nHost: h\r\nX: {Text(27)}\r\n\r\n",
        $"GET / HTTP/1.1\r\nHost: h\r\nX: {Text(27)}\r\nY:{Text(17)}\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: h\r\nA:\r\nB:\r\nC:\r\n\r\n",
        $"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 10\r\n\r\n{Text(10)}",
        Chunked($"a\r\n{Text(10)}\r\n0\r\n\r\n"),
        Chunked("5\r\nhello\r\n5\r\nhello\r\n0\r\n\r\n"),
        Chunked("1;ab\r\nx\r\n0;ab\r\n\r\n"),
        Chunked("0\r\nA: bc\r\nD: ef\r\n\r\n"),
    };

    [Theory]
    [MemberData(nameof(WithinLimits))]
    public void What_just_fits_is_accepted(string request) => EverySplit.Accepted(request, s_small);

    public static TheoryData<int, string> BeyondLimits => new()
    {
        { 501, Text(9) },
        { 414, $"GET /{Text(20)}" },
        { 414, $"GET /?{Text(19)}" },
        { 414, $"GET /{Text(16)}%41x" },
        { 431, $"GET / HTTP/1.1\r\n{Text(31)}" },
        { 431, $"GET / HTTP/1.1\r\nX: {Text(28)}" },
        { 431, $"GET / HTTP/1.1\r\nX: {Text(27)}\r\nY: {Text(26)}" },
        { 431, $"GET / HTTP/1.1\r\nX: {Text(27)}\r\nY: {Text(23)}\r\nZ" },
        { 431, "GET / HTTP/1.1\r\nHost: h\r\nA:\r\nB:\r\nC:\r\nD" },
        { 413, "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 11\r\n" },
        { 413, Chunked("b\r") },
        { 413, Chunked("5\r\nhello\r\n6\r") },
        { 413, Chunked("a\r\n0123456789\r\n7fffffffffffffff\r") },
        { 400, Chunked("1;abcdef") },
        { 400, Chunked("1;ab\r\nx\r\n1;abc") },
        { 400, Chunked("1       ") },
        { 400, Chunked("1;      ") },
        { 431, Chunked("0\r\nA: bcdefghi") },
        { 431, Chunked($"0\r\n{Text(11)}") },
        { 431, Chunked("0\r\nA: bc\r\nD: efg") },
    };

    [Theory]
    [MemberData(nameof(BeyondLimits))]
    public void The_byte_too_many_is_refused_at_once(int status, string request)
    {
        Assert.Equal(status, EverySplit.Refused(request, s_small));
        Assert.Equal(Ending.Incomplete, EverySplit.Of(request[..^1], s_small).Ending);
    }

    [Fact]
    public void A_fault_before_the_limit_is_named_before_the_limit() =>
        Assert.Equal(400, EverySplit.Refused($"GET /#{Text(100)} HTTP/1.1\r\n", s_small));

    [Fact]
    public void The_longest_head_that_is_accepted_fills_the_buffer_to_the_last_byte()
    {
        string head = $"\r\n{Text(8)} /{Text(19)} HTTP/1.1\r\nHost: h\r\nX: {Text(27)}\r\nY:{Text(17)}\r\n\r\n";
        Assert.Equal(s_small.MaxHeadBytes, head.Length);
        Assert.Single(EverySplit.Of(head, s_small).Exchanges);
    }

    [Theory]
    [InlineData('x')]
    [InlineData(':')]
    [InlineData('/')]
    [InlineData('%')]
    [InlineData('\r')]
    [InlineData(' ')]
    public void A_full_buffer_always_gets_a_verdict(char filler)
    {
        string[] beginnings = ["", "\r\n", "GET ", "GET /", "GET / HTTP/1.1\r\n", "GET / HTTP/1.1\r\nHost: h\r\nX", "GET / HTTP/1.1\r\nHost: h\r\nX: "];
        foreach (string beginning in beginnings)
        {
            byte[] full = Encoding.Latin1.GetBytes(beginning.PadRight(s_small.MaxHeadBytes, filler));
            var parser = new HttpRequestParser(s_small);
            Assert.Equal(ParseStatus.Error, parser.Parse(full, out _));
        }
    }

    [Fact]
    public void A_body_without_bound_is_possible()
    {
        HttpLimits unbounded = s_small with { MaxBodyBytes = long.MaxValue };
        Assert.Equal(Ending.Incomplete, EverySplit.Of(Chunked("7fffffffffffffff\r\nx"), unbounded).Ending);
        Assert.Equal(413, EverySplit.Refused(Chunked("1\r\nx\r\n7fffffffffffffff\r\n"), unbounded));
    }

    [Fact]
    public void Limits_as_large_as_they_go_do_not_overflow()
    {
        HttpLimits unbounded = new()
        {
            MaxMethodBytes = int.MaxValue,
            MaxTargetBytes = int.MaxValue,
            MaxHeaderLineBytes = int.MaxValue,
            MaxHeaderBytes = int.MaxValue,
            MaxHeaders = int.MaxValue,
            MaxChunkExtensionBytes = int.MaxValue,
            MaxTrailerBytes = int.MaxValue,
        };
        Assert.Equal("x", EverySplit.Accepted(Chunked("1;a\r\nx\r\n0\r\nA: b\r\n\r\n"), unbounded).Body);
    }
}
