using System.Net;
using System.Text;

namespace Reactor.Net.Tests.Proxy;

public sealed class FormatTests
{
    private static readonly IPEndPoint s_client = IPEndPoint.Parse("192.0.2.1:56324");
    private static readonly IPEndPoint s_server = IPEndPoint.Parse("192.0.2.2:443");
    private static readonly IPEndPoint s_client6 = IPEndPoint.Parse("[2001:db8::1]:1");

    [Fact]
    public void Version_1_is_the_line_of_the_specification()
    {
        Assert.Equal("PROXY TCP4 192.0.2.1 192.0.2.2 56324 443\r\n", Encoding.ASCII.GetString(ProxyHeader.FormatV1(s_client, s_server)));
        Assert.Equal("PROXY TCP6 2001:db8::1 ::ffff:192.0.2.2 1 443\r\n", Encoding.ASCII.GetString(ProxyHeader.FormatV1(s_client6, s_server)));
    }

    [Fact]
    public void A_zone_is_left_out()
    {
        var zoned = new IPEndPoint(new IPAddress(IPAddress.Parse("fe80::1").GetAddressBytes(), 3), 5);

        Assert.Equal("PROXY TCP6 fe80::1 2001:db8::1 5 1\r\n", Encoding.ASCII.GetString(ProxyHeader.FormatV1(zoned, s_client6)));
    }

    [Fact]
    public void Version_2_is_the_bytes_of_the_specification() =>
        Assert.Equal(ProxyBytes.Tcp4(), ProxyHeader.FormatV2(IPEndPoint.Parse("192.168.0.1:56324"), IPEndPoint.Parse("192.168.0.11:443")));

    [Fact]
    public void Values_and_a_checksum_follow_the_addresses()
    {
        byte[] header = ProxyHeader.FormatV2(
            IPEndPoint.Parse("192.168.0.1:56324"),
            IPEndPoint.Parse("192.168.0.11:443"),
            [new ProxyTlv(ProxyTlvType.Authority, "example.com"u8.ToArray()), new ProxyTlv(ProxyTlvType.UniqueId, new byte[] { 1 })],
            addChecksum: true);

        Assert.Equal(ProxyBytes.WithChecksum(0x21, 0x11, [.. ProxyBytes.Addresses4, .. ProxyBytes.Tlv(2, "example.com"u8.ToArray()), .. ProxyBytes.Tlv(5, 1)]), header);
    }

    [Fact]
    public void Local_is_the_bytes_of_the_specification() => Assert.Equal(ProxyBytes.Binary(0x20, 0, []), ProxyHeader.FormatV2Local());

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void What_is_formatted_is_understood(int version)
    {
        foreach ((IPEndPoint source, IPEndPoint destination) in new[] { (s_client, s_server), (s_client6, s_client6), (s_client6, s_server), (s_client, s_client6) })
        {
            byte[] bytes = version == 1 ? ProxyHeader.FormatV1(source, destination) : ProxyHeader.FormatV2(source, destination, addChecksum: true);

            ProxyHeader header = Assert.IsType<ProxyHeader>(ProxyHeader.Parse(bytes).Header);
            Assert.Equal(version, header.Version);
            Assert.Equal((source.Address.MapToIPv6(), source.Port), (header.Source!.Address.MapToIPv6(), header.Source.Port));
            Assert.Equal((destination.Address.MapToIPv6(), destination.Port), (header.Destination!.Address.MapToIPv6(), header.Destination.Port));
        }
    }

    [Fact]
    public void A_header_that_the_protocol_cannot_express_is_refused()
    {
        ArgumentException refusal = Assert.Throws<ArgumentException>(() => ProxyHeader.FormatV2(s_client, s_server, [new ProxyTlv(ProxyTlvType.Noop, new byte[65_535])]));

        Assert.Contains("65551", refusal.Message, StringComparison.Ordinal);
    }
}
