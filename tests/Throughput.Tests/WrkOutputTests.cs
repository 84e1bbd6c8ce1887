using Reactor.Bench.Throughput.Load;
using Reactor.Bench.Throughput.Load.Wrk;

namespace Throughput.Tests;

public sealed class WrkOutputTests
{
    private const string Report = """
        Running 3s test @ http://127.0.0.1:40123/plaintext
          1 threads and 64 connections
          Thread Stats   Avg      Stdev     Max   +/- Stdev
            Latency   352.11us  210.40us   7.20ms   91.02%
            Req/Sec   181.20k     9.91k  192.30k    86.67%
          Latency Distribution
             50%  330.00us
             75%  371.00us
             90%  480.00us
             99%    1.20ms
          543612 requests in 3.10s, 68.43MB read
        Requests/sec: 175358.71
        Transfer/sec:     22.07MB
        """;

    [Fact]
    public void A_report_gives_its_counts_duration_and_latencies()
    {
        var result = WrkOutput.Parse(Report);

        Assert.Equal(543_612, result.Requests);
        Assert.Equal(3.10, result.Seconds, precision: 9);
        Assert.Equal((long)(68.43 * 1024 * 1024), result.BytesRead);
        Assert.Equal(new LatencyFigures(330, 480, 1200, P999: null, 7200), result.Latency);
        Assert.Empty(result.Errors);
    }

    [Fact]
    public void Socket_errors_and_unsuccessful_answers_are_both_reported()
    {
        var result = WrkOutput.Parse(Report + "\n  Socket errors: connect 0, read 3, write 0, timeout 1\n  Non-2xx or 3xx responses: 12\n");

        Assert.Equal("Socket errors: connect 0, read 3, write 0, timeout 1; Non-2xx or 3xx responses: 12", result.Errors);
    }

    [Theory]
    [InlineData("")]
    [InlineData("unable to connect to 127.0.0.1:1 Connection refused")]
    public void Text_that_is_no_report_is_refused(string text) =>
        Assert.Throws<FormatException>(() => WrkOutput.Parse(text));

    [Theory]
    [InlineData("345.00us", 345)]
    [InlineData("1.20ms", 1_200)]
    [InlineData("3.00s", 3_000_000)]
    [InlineData("1.50m", 90_000_000)]
    [InlineData("1.00h", 3_600_000_000)]
    public void Durations_are_read_in_every_unit(string text, double microseconds) =>
        Assert.Equal(microseconds, WrkOutput.ParseMicroseconds(text), precision: 3);

    [Theory]
    [InlineData("950", 950)]
    [InlineData("181.20k", 181_200)]
    [InlineData("1.05M", 1_050_000)]
    [InlineData("2.00G", 2_000_000_000)]
    public void Counts_go_by_thousands(string text, double count) =>
        Assert.Equal(count, WrkOutput.ParseCount(text), precision: 3);

    [Theory]
    [InlineData("950.00B", 950)]
    [InlineData("1.50KB", 1_536)]
    [InlineData("2.00MB", 2_097_152)]
    [InlineData("1.00GB", 1_073_741_824)]
    public void Amounts_of_data_go_by_1024(string text, double bytes) =>
        Assert.Equal(bytes, WrkOutput.ParseBytes(text), precision: 3);

    [Theory]
    [InlineData("12")]
    [InlineData("us")]
    [InlineData("")]
    public void A_duration_without_number_or_unit_is_refused(string text) =>
        Assert.Throws<FormatException>(() => WrkOutput.ParseMicroseconds(text));
}
