namespace Reactor.Samples.Tests.Http;

public sealed class BodyTests
{
    private static string Post(string rest, string version = "1.1") => $"POST / HTTP/{version}\r\nHost: h\r\n{rest}";

    private static string Chunked(string body) => Post("Transfer-Encoding: chunked\r\n\r\n" + body);

    [Theory]
    [InlineData("Content-Length: 0\r\n\r\n", "")]
    [InlineData("Content-Length: 5\r\n\r\nhello", "hello")]
    [InlineData("content-length:\t5 \r\n\r\nhello", "hello")]
    [InlineData("Content-Length: 005\r\n\r\nhello", "hello")]
    [InlineData("Content-Length: 4\r\n\r\n\r\n\r\n", "\r\n\r\n")]
    [InlineData("Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n", "")]
    [InlineData("Transfer-Encoding: Chunked \r\n\r\n5\r\nhello\r\n0\r\n\r\n", "hello")]
    [InlineData("Transfer-Encoding: chunked\r\n\r\n3\r\nhel\r\n002\r\nlo\r\n000\r\n\r\n", "hello")]
    [InlineData("Transfer-Encoding: chunked\r\n\r\na\r\n0123456789\r\nA\r\n0123456789\r\n0\r\n\r\n", "01234567890123456789")]
    [InlineData("Transfer-Encoding: chunked\r\n\r\n2\r\n\r\n\r\n0\r\n\r\n", "\r\n")]
    [InlineData("Transfer-Encoding: chunked\r\n\r\n1;a\r\nx\r\n0;b=c;d=\"e;f\"\r\n\r\n", "x")]
    [InlineData("Transfer-Encoding: chunked\r\n\r\n1 \t; a = b\r\nx\r\n0\r\n\r\n", "x")]
    [InlineData("Transfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\nA: b\r\nC:\r\n\r\n", "x")]
    [InlineData("Transfer-Encoding: chunked\r\n\r\n0\r\nContent-Length: 9\r\nHost: other\r\nConnection: close\r\n\r\n", "")]
    [InlineData("Transfer-Encoding: chunked\r\n\r\n0000000000000001\r\nx\r\n0\r\n\r\n", "x")]
    public void A_body_is_read_to_its_end(string rest, string body)
    {
        Verdict verdict = EverySplit.Of(Post(rest));
        Assert.Equal(Ending.Idle, verdict.Ending);
        Assert.Equal(body, Assert.Single(verdict.Exchanges).Body);
    }

    [Fact]
    public void A_GET_may_have_a_body() =>
        Assert.Equal("x", EverySplit.Accepted("GET / HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\n\r\nx").Body);

    [Fact]
    public void HTTP_1_0_may_have_a_counted_body() =>
        Assert.Equal("x", EverySplit.Accepted(Post("Content-Length: 1\r\n\r\nx", "1.0")).Body);

    public static TheoryData<int, string> MalformedFraming => new()
    {
        { 400, "Content-Length:\r\n\r\n" },
        { 400, "Content-Length: \t\r\n\r\n" },
        { 400, "Content-Length: +1\r\n\r\nx" },
        { 400, "Content-Length: -1\r\n\r\nx" },
        { 400, "Content-Length: 1 1\r\n\r\nx" },
        { 400, "Content-Length: 0x1\r\n\r\nx" },
        { 400, "Content-Length: a\r\n\r\nx" },
        { 400, "Content-Length: 1.0\r\n\r\nx" },
        { 400, "Content-Length: 1e0\r\n\r\nx" },
        { 400, "Content-Length: \"1\"\r\n\r\nx" },
        { 400, "Content-Length: 1, 1\r\n\r\nx" },
        { 400, "Content-Length: 1,\r\n\r\nx" },
        { 400, "Content-Length: 9223372036854775808\r\n\r\n" },
        { 400, "Content-Length: 18446744073709551617\r\n\r\n" },
        { 400, "Content-Length: 99999999999999999999999999\r\n\r\n" },
        { 413, "Content-Length: 9223372036854775807\r\n\r\n" },
        { 400, "Content-Length: 1\r\nContent-Length: 1\r\n\r\nx" },
        { 400, "Content-Length: 1\r\ncontent-length: 2\r\n\r\nx" },
        { 400, "Content-Length : 1\r\n\r\nx" },
        { 400, "Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" },
        { 400, "Transfer-Encoding: chunked\r\nContent-Length: 1\r\n\r\n0\r\n\r\n" },
        { 400, "Content-Length: 0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" },
        { 501, "Transfer-Encoding: gzip\r\n\r\n" },
        { 501, "Transfer-Encoding: identity\r\n\r\n" },
        { 501, "Transfer-Encoding: xchunked\r\n\r\n" },
        { 501, "Transfer-Encoding: gzip, chunked\r\n\r\n" },
        { 501, "Transfer-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n\r\n" },
        { 501, "Transfer-Encoding: foo;q=1\r\n\r\n" },
        { 400, "Transfer-Encoding: chunked, chunked\r\n\r\n" },
        { 400, "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n" },
        { 400, "Transfer-Encoding: chunked, gzip\r\n\r\n" },
        { 400, "Transfer-Encoding: chunked, identity\r\n\r\n" },
        { 400, "Transfer-Encoding: chunked,\r\n\r\n" },
        { 400, "Transfer-Encoding: ,chunked\r\n\r\n" },
        { 400, "Transfer-Encoding:\r\n\r\n" },
        { 400, "Transfer-Encoding: chunked;a=b\r\n\r\n" },
        { 400, "Transfer-Encoding: \"chunked\"\r\n\r\n" },
        { 400, "Transfer-Encoding: chu nked\r\n\r\n" },
        { 400, "Transfer-Encoding: \u000bchunked\r\n\r\n" },
        { 400, "Transfer-Encoding : chunked\r\n\r\n" },
        { 400, "Transfer-Encoding:\r\n chunked\r\n\r\n" },
    };

    [Theory]
    [MemberData(nameof(MalformedFraming))]
    public void A_body_of_uncertain_length_is_refused(int status, string rest) => Assert.Equal(status, EverySplit.Refused(Post(rest)));

    [Fact]
    public void HTTP_1_0_may_not_have_a_transfer_coding() =>
        Assert.Equal(400, EverySplit.Refused(Post("Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n", "1.0")));

    public static TheoryData<string> MalformedChunks => new()
    {
        "\r\n",
        "g\r\n",
        "-1\r\n",
        "+1\r\nx\r\n0\r\n\r\n",
        "0x1\r\nx\r\n0\r\n\r\n",
        " 1\r\nx\r\n0\r\n\r\n",
        "1 \r\nx\r\n0\r\n\r\n",
        "1\t\r\nx\r\n0\r\n\r\n",
        "1_0\r\n",
        "1.\r\n",
        "1,1\r\n",
        "8000000000000000\r\n",
        "ffffffffffffffff\r\n",
        "10000000000000001\r\n",
        "00000000000000001\r\nx\r\n0\r\n\r\n",
        "1\nx\r\n0\r\n\r\n",
        "1\rx\r\n0\r\n\r\n",
        "1\r\nxy\r\n0\r\n\r\n",
        "1\r\nx0\r\n\r\n",
        "1\r\nx\n0\r\n\r\n",
        "1\r\nx\rx0\r\n\r\n",
        "1\r\nx\r\n\r\n0\r\n\r\n",
        "1;\r\nx\r\n0\r\n\r\n",
        "1;;\r\nx\r\n0\r\n\r\n",
        "1;=a\r\nx\r\n0\r\n\r\n",
        "1 a\r\nx\r\n0\r\n\r\n",
        "1;a\nx\r\n0\r\n\r\n",
        "1;a\rx\r\n0\r\n\r\n",
        "1;a\0\r\nx\r\n0\r\n\r\n",
        "1;a=\"\r\r\nx\r\n0\r\n\r\n",
        "0\r\n\n",
        "0\r\n\rx",
        "0\n\r\n",
        "0\r\nA\r\n\r\n",
        "0\r\nA : b\r\n\r\n",
        "0\r\n: b\r\n\r\n",
        "0\r\n A: b\r\n\r\n",
        "0\r\nA: b\r\n c\r\n\r\n",
        "0\r\nA: b\nC: d\r\n\r\n",
        "0\r\nA: b\rC: d\r\n\r\n",
        "0\r\nA: \0\r\n\r\n",
        "0\r\nA\u00e4: b\r\n\r\n",
    };

    [Theory]
    [MemberData(nameof(MalformedChunks))]
    public void A_malformed_chunk_is_refused(string body) => Assert.Equal(400, EverySplit.Refused(Chunked(body)));

    [Theory]
    [InlineData("Content-Length: 5\r\n\r\nhell")]
    [InlineData("Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n")]
    [InlineData("Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n")]
    public void A_body_that_breaks_off_is_not_a_body(string rest)
    {
        Verdict verdict = EverySplit.Of(Post(rest));
        Assert.Equal(Ending.Incomplete, verdict.Ending);
        Assert.Empty(verdict.Exchanges);
    }
}
