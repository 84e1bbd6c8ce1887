using System.Text;
using Reactor.Samples.Http;

namespace Reactor.Samples.Tests.Http;

public sealed class AllocationTests
{
    private static readonly byte[] s_requests = Encoding.ASCII.GetBytes(
        "GET /plaintext?q=%41 HTTP/1.1\r\nHost: [::1]:8080\r\nConnection: keep-alive\r\n\r\n" +
        "POST /echo HTTP/1.1\r\nHost: a.example\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\nhello" +
        "POST http://a.example/echo HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n5;x\r\nhello\r\n0\r\nA: b\r\n\r\n" +
        "BREW /pot HTTP/1.1\r\nHost: h\r\n\r\n");

    [Fact]
    public void Requests_and_responses_in_a_steady_state_allocate_nothing()
    {
        var parser = new HttpRequestParser(HttpLimits.Default);
        var reader = new HttpBodyReader(HttpLimits.Default);
        var date = new HttpDate(DateTimeOffset.UnixEpoch);
        byte[] output = new byte[1024];
        Serve(parser, reader, date, output);

        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 10_000; i++)
        {
            Serve(parser, reader, date, output);
        }
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    [Fact]
    public void Refusals_allocate_nothing()
    {
        var parser = new HttpRequestParser(HttpLimits.Default);
        var date = new HttpDate(DateTimeOffset.UnixEpoch);
        byte[] output = new byte[1024];
        Refuse(parser, date, output);

        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 10_000; i++)
        {
            Refuse(parser, date, output);
        }
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    private static void Serve(HttpRequestParser parser, HttpBodyReader reader, HttpDate date, byte[] output)
    {
        ReadOnlySpan<byte> rest = s_requests;
        while (!rest.IsEmpty)
        {
            Assert.True(parser.Parse(rest, out int consumed) == ParseStatus.Complete);
            Route route = Router.Resolve(parser.Method, parser.PathIn(rest));
            rest = rest[consumed..];
            reader.Begin(parser);
            BodyStatus status;
            do
            {
                status = reader.Read(rest, out consumed, out _);
                rest = rest[consumed..];
            }
            while (status == BodyStatus.Content);
            Assert.True(status == BodyStatus.Done);
            Assert.True(HttpResponseWriter.TryWrite(output, route.Head(route.Body.Length, parser.Connection), route.Body, date, out _));
        }
        date.Update(DateTimeOffset.UnixEpoch.AddSeconds(1));
    }

    private static void Refuse(HttpRequestParser parser, HttpDate date, byte[] output)
    {
        parser.Reset();
        Assert.True(parser.Parse("GET / HTTP/1.1\r\nHost: a b\r\n"u8, out _) == ParseStatus.Error);
        Assert.True(HttpResponseWriter.TryWriteError(output, parser.Error, parser.Method, date, out _));
    }
}
