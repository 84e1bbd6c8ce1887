using System.Net;
using System.Text;
using static Reactor.Net.Tests.Proxy.ProxyBytes;

namespace Reactor.Net.Tests.Proxy;

/// <summary>Version 1.</summary>
public sealed class LineTests
{
    private const string LongV6 = "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff";

    [Fact]
    public void The_example_of_the_specification_is_understood_and_what_follows_is_left()
    {
        ProxyParseResult result = ProxyHeader.Parse(Latin1(TcpLine + "GET / HTTP/1.1\r\nHost: 192.168.0.11\r\n\r\n"));

        ProxyHeader header = Assert.IsType<ProxyHeader>(result.Header);
        Assert.Equal((1, false, ProxyTransport.Tcp4), (header.Version, header.IsLocal, header.Transport));
        Assert.Equal(IPEndPoint.Parse("192.168.0.1:56324"), header.Source);
        Assert.Equal(IPEndPoint.Parse("192.168.0.11:443"), header.Destination);
        Assert.Equal(TcpLine.Length, result.Consumed);
        Assert.Equal(0, header.Tlvs.Raw.Length);
    }

    [Theory]
    [InlineData("PROXY TCP4 255.255.255.255 255.255.255.255 65535 65535\r\n", 56)]
    [InlineData($"PROXY TCP6 {LongV6} {LongV6} 65535 65535\r\n", 104)]
    [InlineData("PROXY UNKNOWN\r\n", 15)]
    [InlineData($"PROXY UNKNOWN {LongV6} {LongV6} 65535 65535\r\n", 107)]
    public void The_longest_and_shortest_lines_of_the_specification_are_understood(string line, int length)
    {
        ProxyParseResult result = ProxyHeader.Parse(Latin1(line));

        Assert.NotNull(result.Header);
        Assert.Equal((length, line.Length), (result.Consumed, line.Length));
    }

    [Theory]
    [InlineData("::", "::")]
    [InlineData("::1", "::1")]
    [InlineData("1::", "1::")]
    [InlineData("2001:DB8::a:0b:00c", "2001:db8::a:b:c")]
    [InlineData("1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7:8")]
    [InlineData("1:2:3:4:5:6:7::", "1:2:3:4:5:6:7:0")]
    [InlineData("::2:3:4:5:6:7:8", "0:2:3:4:5:6:7:8")]
    [InlineData("1:2:3::5:6:7:8", "1:2:3:0:5:6:7:8")]
    [InlineData("::ffff:192.0.2.1", "::ffff:192.0.2.1")]
    [InlineData("1:2:3:4:5:6:192.0.2.1", "1:2:3:4:5:6:c000:201")]
    [InlineData("64:ff9b::192.0.2.1", "64:ff9b::c000:201")]
    public void IPv6_addresses_are_understood(string written, string meant)
    {
        ProxyHeader header = Accepted($"PROXY TCP6 {written} ::2 1 2\r\n");

        Assert.Equal(ProxyTransport.Tcp6, header.Transport);
        Assert.Equal(new IPEndPoint(IPAddress.Parse(meant), 1), header.Source);
        Assert.Equal(new IPEndPoint(IPAddress.Parse("::2"), 2), header.Destination);
    }

    [Theory]
    [InlineData("PROXY UNKNOWN\r\n")]
    [InlineData("PROXY UNKNOWN \r\n")]
    [InlineData("PROXY UNKNOWN what ever \0 comes\r\n")]
    [InlineData("PROXY UNKNOWN 1.2.3.4 5.6.7.8 1 2\r\n")]
    public void Unknown_tells_nothing_whatever_follows_it(string line)
    {
        ProxyHeader header = Accepted(line);

        Assert.Equal((1, false, ProxyTransport.Unknown), (header.Version, header.IsLocal, header.Transport));
        Assert.Null(header.Source);
        Assert.Null(header.Destination);
    }

    [Theory]
    [InlineData("GET / HTTP/1.1\r\n", ProxyHeaderError.NotAHeader)]
    [InlineData("proxy TCP4 1.2.3.4 5.6.7.8 1 2\r\n", ProxyHeaderError.NotAHeader)]
    [InlineData("PROXY\tTCP4 1.2.3.4 5.6.7.8 1 2\r\n", ProxyHeaderError.NotAHeader)]
    [InlineData("PROXY\r\n", ProxyHeaderError.NotAHeader)]
    [InlineData(" PROXY TCP4 1.2.3.4 5.6.7.8 1 2\r\n", ProxyHeaderError.NotAHeader)]
    [InlineData("PROXY TCP4 1.2.3.4 5.6.7.8 1 2\n", ProxyHeaderError.BadLineEnd)]
    [InlineData("PROXY TCP4 1.2.3.4 5.6.7.8 1 2\r", EveryCut.More)]
    [InlineData("PROXY TCP4 1.2.3.4 5.6.7.8 1 2\rx", ProxyHeaderError.BadLineEnd)]
    [InlineData("PROXY TCP4 1.2.3.4 5.6.7.8 1 2\r\r\n", ProxyHeaderError.BadLineEnd)]
    [InlineData("PROXY UNKNOWN a\rb\r\n", ProxyHeaderError.BadLineEnd)]
    [InlineData("PROXY UNKNOWN a\nb\r\n", ProxyHeaderError.BadLineEnd)]
    [InlineData("PROXY \r\n", ProxyHeaderError.BadProtocol)]
    [InlineData("PROXY  TCP4 1.2.3.4 5.6.7.8 1 2\r\n", ProxyHeaderError.BadProtocol)]
    [InlineData("PROXY TCP5 1.2.3.4 5.6.7.8 1 2\r\n", ProxyHeaderError.BadProtocol)]
    [InlineData("PROXY tcp4 1.2.3.4 5.6.7.8 1 2\r\n", ProxyHeaderError.BadProtocol)]
    [InlineData("PROXY UDP4 1.2.3.4 5.6.7.8 1 2\r\n", ProxyHeaderError.BadProtocol)]
    [InlineData("PROXY UNKNOWNS\r\n", ProxyHeaderError.BadProtocol)]
    [InlineData("PROXY TCP4\r\n", ProxyHeaderError.BadSourceAddress)]
    [InlineData("PROXY TCP4  1.2.3.4 5.6.7.8 1 2\r\n", ProxyHeaderError.BadSourceAddress)]
    [InlineData("PROXY TCP4 ::1 ::2 1 2\r\n", ProxyHeaderError.BadSourceAddress)]
    [InlineData("PROXY TCP6 1.2.3.4 5.6.7.8 1 2\r\n", ProxyHeaderError.BadSourceAddress)]
    [InlineData("PROXY TCP4 1.2.3.4\r\n", ProxyHeaderError.BadDestinationAddress)]
    [InlineData("PROXY TCP4 1.2.3.4 5.6.7 1 2\r\n", ProxyHeaderError.BadDestinationAddress)]
    [InlineData("PROXY TCP6 ::1 ::g 1 2\r\n", ProxyHeaderError.BadDestinationAddress)]
    [InlineData("PROXY TCP4 1.2.3.4 5.6.7.8\r\n", ProxyHeaderError.BadSourcePort)]
    [InlineData("PROXY TCP4 1.2.3.4 5.6.7.8 65536 2\r\n", ProxyHeaderError.BadSourcePort)]
    [InlineData("PROXY TCP4 1.2.3.4 5.6.7.8 01 2\r\n", ProxyHeaderError.BadSourcePort)]
    [InlineData("PROXY TCP4 1.2.3.4 5.6.7.8  1 2\r\n", ProxyHeaderError.BadSourcePort)]
    [InlineData("PROXY TCP4 1.2.3.4 5.6.7.8 1\r\n", ProxyHeaderError.BadDestinationPort)]
    [InlineData("PROXY TCP4 1.2.3.4 5.6.7.8 1 \r\n", ProxyHeaderError.BadDestinationPort)]
    [InlineData("PROXY TCP4 1.2.3.4 5.6.7.8 1 2 \r\n", ProxyHeaderError.BadDestinationPort)]
    [InlineData("PROXY TCP4 1.2.3.4 5.6.7.8 1 2 3\r\n", ProxyHeaderError.BadDestinationPort)]
    [InlineData("PROXY TCP4 1.2.3.4 5.6.7.8 1 -2\r\n", ProxyHeaderError.BadDestinationPort)]
    [InlineData("PROXY TCP4 1.2.3.4 5.6.7.8 1 +2\r\n", ProxyHeaderError.BadDestinationPort)]
    [InlineData("PROXY TCP4 1.2.3.4 5.6.7.8 1 99999999999999999999\r\n", ProxyHeaderError.BadDestinationPort)]
    public void What_is_malformed_is_refused_for_its_reason(string input, object verdict) =>
        Assert.Equal($"{verdict}", EveryCut.Of(Latin1(input)));

    [Theory]
    [InlineData("1.2.3.4.5")]
    [InlineData("1.2.3.")]
    [InlineData(".1.2.3")]
    [InlineData("1..2.3")]
    [InlineData("256.1.1.1")]
    [InlineData("1.2.3.04")]
    [InlineData("00.1.1.1")]
    [InlineData("0x1.1.1.1")]
    [InlineData("1.2.772")]
    [InlineData("16909060")]
    [InlineData("1.2.3.4/8")]
    [InlineData("1.2.3.-4")]
    [InlineData("１.2.3.4")]
    public void IPv4_addresses_that_are_not_canonical_are_refused(string written) =>
        Assert.Equal($"{ProxyHeaderError.BadSourceAddress}", EveryCut.Of(Encoding.UTF8.GetBytes($"PROXY TCP4 {written} 5.6.7.8 1 2\r\n")));

    [Theory]
    [InlineData(":")]
    [InlineData(":::")]
    [InlineData("1:2:3:4:5:6:7")]
    [InlineData("1:2:3:4:5:6:7:8:9")]
    [InlineData("1:2:3:4:5:6:7:8::")]
    [InlineData("::1:2:3:4:5:6:7:8")]
    [InlineData("1:2:3:4::5:6:7:8")]
    [InlineData("1::2::3")]
    [InlineData(":1:2:3:4:5:6:7")]
    [InlineData("1:2:3:4:5:6:7:")]
    [InlineData("12345::")]
    [InlineData("::g")]
    [InlineData("[::1]")]
    [InlineData("::1%lo")]
    [InlineData("::1/64")]
    [InlineData("::1.2.3")]
    [InlineData("::1.2.3.4:5")]
    [InlineData("1.2.3.4::")]
    [InlineData("1:2:3:4:5:6:7:1.2.3.4")]
    [InlineData("::ffff:1.2.3.256")]
    public void IPv6_addresses_that_are_none_are_refused(string written) =>
        Assert.Equal($"{ProxyHeaderError.BadSourceAddress}", EveryCut.Of(Latin1($"PROXY TCP6 {written} ::2 1 2\r\n")));

    [Theory]
    [InlineData(104, EveryCut.More)]
    [InlineData(105, EveryCut.More)]
    [InlineData(106, EveryCut.More)]
    [InlineData(107, ProxyHeaderError.LineTooLong)]
    [InlineData(500, ProxyHeaderError.LineTooLong)]
    public void A_line_without_an_end_is_refused_after_107_bytes(int length, object verdict) =>
        Assert.Equal($"{verdict}", EveryCut.Of(Latin1("PROXY UNKNOWN ".PadRight(length, 'x'))));

    [Theory]
    [InlineData(105, true)]
    [InlineData(106, false)]
    [InlineData(107, false)]
    public void A_line_of_107_bytes_is_accepted_and_none_of_108(int end, bool accepted)
    {
        string verdict = EveryCut.Of(Latin1("PROXY UNKNOWN ".PadRight(end, 'x') + "\r\n"));

        Assert.Equal(accepted, verdict.StartsWith("v1", StringComparison.Ordinal));
        Assert.Equal(!accepted, verdict == $"{ProxyHeaderError.LineTooLong}");
    }

    [Fact]
    public void Unknown_is_refused_if_it_is_not_allowed() => Assert.Equal(
        $"{ProxyHeaderError.UnknownNotAllowed}",
        EveryCut.Of("PROXY UNKNOWN\r\n"u8.ToArray(), new ProxyProtocolOptions { AllowUnknown = false }));

    private static ProxyHeader Accepted(string line)
    {
        byte[] bytes = Latin1(line);
        EveryCut.Of(bytes);
        return Assert.IsType<ProxyHeader>(ProxyHeader.Parse(bytes).Header);
    }
}
