using System.Text;

namespace Reactor.Samples.Tests.Http;

public sealed class PipeliningTests
{
    private const string Sequence =
        "GET /1 HTTP/1.1\r\nHost: h\r\n\r\n" +
        "POST /2 HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\nabc" +
        "\r\nHEAD /3?q HTTP/1.1\r\nHost: h\r\n\r\n" +
        "POST /4 HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n2;e\r\nde\r\n1\r\nf\r\n0\r\nT: u\r\n\r\n" +
        "GET /5 HTTP/1.0\r\nConnection: keep-alive\r\n\r\n";

    [Fact]
    public void Requests_in_a_row_are_told_apart_wherever_they_are_cut()
    {
        Verdict verdict = EverySplit.Of(Sequence);
        Assert.Equal(Ending.Idle, verdict.Ending);
        Assert.Equal(["/1", "/2", "/3", "/4", "/5"], verdict.Exchanges.Select(exchange => exchange.Path));
        Assert.Equal(["", "abc", "", "def", ""], verdict.Exchanges.Select(exchange => exchange.Body));
    }

    [Fact]
    public void Requests_in_a_row_are_told_apart_in_pieces_of_every_size()
    {
        byte[] input = Encoding.Latin1.GetBytes(Sequence);
        var session = new Session();
        Verdict whole = session.Whole(input);
        for (int size = 1; size < input.Length; size++)
        {
            int[] cuts = [.. Enumerable.Range(1, input.Length / size).Select(i => i * size)];
            Assert.Equal(whole, session.Cut(input, cuts));
        }
    }

    [Fact]
    public void Requests_in_a_row_are_told_apart_with_any_two_cuts()
    {
        byte[] input = Encoding.Latin1.GetBytes(Sequence);
        var session = new Session();
        Verdict whole = session.Whole(input);
        for (int first = 1; first < input.Length; first++)
        {
            for (int second = first + 1; second < input.Length; second++)
            {
                if (!whole.Equals(session.Cut(input, first, second)))
                {
                    Assert.Fail($"Cut at {first} and {second}");
                }
            }
        }
    }

    [Fact]
    public void Nothing_is_read_after_a_request_that_closes()
    {
        Verdict verdict = EverySplit.Of("GET /1 HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\nGET /2 HTTP/1.1\r\nHost: h\r\n\r\n");
        Assert.Equal((Ending.Closed, 1), (verdict.Ending, verdict.Exchanges.Count));
    }

    [Fact]
    public void A_request_does_not_inherit_from_the_one_before()
    {
        Verdict verdict = EverySplit.Of(
            "POST http://a/1?q HTTP/1.0\r\nHost: h\r\nConnection: keep-alive\r\nContent-Length: 1\r\n\r\nx" +
            "POST /2 HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\nExpect: 100-continue\r\n\r\n0\r\n\r\n" +
            "GET /3 HTTP/1.1\r\nHost: i\r\n\r\n");
        Assert.Equal(new Exchange("Get", "/3", "", "i", false, true, false, ""), verdict.Exchanges[2]);
    }

    [Fact]
    public void A_request_without_Host_does_not_borrow_the_one_before() =>
        Assert.Equal(400, EverySplit.Refused("GET /1 HTTP/1.1\r\nHost: h\r\n\r\nGET /2 HTTP/1.1\r\n\r\n"));

    [Fact]
    public void What_came_before_a_malformed_request_stands()
    {
        Verdict verdict = EverySplit.Of("GET /1 HTTP/1.1\r\nHost: h\r\n\r\nG@T");
        Assert.Equal((Ending.Refused, 1), (verdict.Ending, verdict.Exchanges.Count));
    }
}
