using System.Net;
using System.Text;
using static Reactor.Net.Tests.Proxy.ProxyBytes;

namespace Reactor.Net.Tests.Proxy;

/// <summary>Version 2.</summary>
public sealed class BinaryTests
{
    private static readonly byte[] s_addresses6 =
    [
        .. IPAddress.Parse("2001:db8::1").GetAddressBytes(), .. IPAddress.Parse("2001:db8::2").GetAddressBytes(), 0x12, 0x34, 0xFF, 0xFF,
    ];

    [Theory]
    [InlineData(0x11, ProxyTransport.Tcp4)]
    [InlineData(0x12, ProxyTransport.Udp4)]
    public void IPv4_addresses_are_understood_and_what_follows_is_left(byte transport, ProxyTransport meant)
    {
        byte[] bytes = Binary(0x21, transport, Addresses4);

        ProxyHeader header = Accepted([.. bytes, .. "GET /"u8], bytes.Length);

        Assert.Equal((2, false, meant), (header.Version, header.IsLocal, header.Transport));
        Assert.Equal(IPEndPoint.Parse("192.168.0.1:56324"), header.Source);
        Assert.Equal(IPEndPoint.Parse("192.168.0.11:443"), header.Destination);
    }

    [Theory]
    [InlineData(0x21, ProxyTransport.Tcp6)]
    [InlineData(0x22, ProxyTransport.Udp6)]
    public void IPv6_addresses_are_understood(byte transport, ProxyTransport meant)
    {
        ProxyHeader header = Accepted(Binary(0x21, transport, s_addresses6));

        Assert.Equal(meant, header.Transport);
        Assert.Equal(IPEndPoint.Parse("[2001:db8::1]:4660"), header.Source);
        Assert.Equal(IPEndPoint.Parse("[2001:db8::2]:65535"), header.Destination);
    }

    [Theory]
    [InlineData(0x31, ProxyTransport.UnixStream)]
    [InlineData(0x32, ProxyTransport.UnixDatagram)]
    public void Unix_paths_are_told_as_their_bytes(byte transport, ProxyTransport meant)
    {
        byte[] paths = new byte[216];
        "/run/client.sock"u8.CopyTo(paths);
        "\0abstract"u8.CopyTo(paths.AsSpan(108));

        ProxyHeader header = Accepted(Binary(0x21, transport, [.. paths, .. Tlv(5, 1, 2)]));

        Assert.Equal(meant, header.Transport);
        Assert.Equal("/run/client.sock"u8.ToArray(), header.UnixSource.ToArray());
        Assert.Equal("\0abstract"u8.ToArray(), header.UnixDestination.ToArray());
        Assert.Null(header.Source);
        Assert.True(header.Tlvs.TryGet(ProxyTlvType.UniqueId, out _));
    }

    [Theory]
    [InlineData(0x00)]
    [InlineData(0x11)]
    [InlineData(0xFF)]
    public void Local_connections_tell_nothing_and_what_they_bring_is_skipped(byte transport)
    {
        ProxyHeader header = Accepted(Binary(0x20, transport, [1, 2, 3]));

        Assert.Equal((2, true, ProxyTransport.Unknown), (header.Version, header.IsLocal, header.Transport));
        Assert.Null(header.Source);
        Assert.Equal(0, header.Tlvs.Raw.Length);
    }

    [Theory]
    [InlineData(0x00)]
    [InlineData(0x01)]
    [InlineData(0x02)]
    [InlineData(0x10)]
    [InlineData(0x20)]
    [InlineData(0x30)]
    public void Unspecified_transports_tell_nothing_and_what_they_bring_is_skipped(byte transport)
    {
        ProxyHeader header = Accepted(Binary(0x21, transport, [1, 2, 3]));

        Assert.Equal((false, ProxyTransport.Unknown), (header.IsLocal, header.Transport));
        Assert.Null(header.Source);
        Assert.Equal(0, header.Tlvs.Raw.Length);
    }

    [Fact]
    public void Values_are_told_in_their_order()
    {
        ProxyHeader header = Accepted(Tcp4([.. Tlv(1, (byte)'h', (byte)'2'), .. Tlv(4), .. Tlv(0xE5, 7), .. Tlv(2, (byte)'x'), .. Tlv(2, (byte)'y')]));

        var told = new List<(int, string)>();
        foreach (ProxyTlv tlv in header.Tlvs)
        {
            told.Add(((int)tlv.Type, Convert.ToHexString(tlv.Value.Span)));
        }

        Assert.Equal([(1, "6832"), (4, ""), (0xE5, "07"), (2, "78"), (2, "79")], told);
        Assert.True(header.Tlvs.TryGet(ProxyTlvType.Authority, out ReadOnlyMemory<byte> first));
        Assert.Equal("x"u8.ToArray(), first.ToArray());
        Assert.True(header.Tlvs.TryGet(ProxyTlvType.Noop, out ReadOnlyMemory<byte> empty));
        Assert.True(empty.IsEmpty);
        Assert.False(header.Tlvs.TryGet(ProxyTlvType.Ssl, out _));
    }

    [Fact]
    public void Values_within_an_SSL_value_are_read_in_the_same_way()
    {
        byte[] ssl = [0x07, 0, 0, 0, 1, .. Tlv(0x21, "TLSv1.3"u8.ToArray()), .. Tlv(0x22, "example.com"u8.ToArray())];
        ProxyHeader header = Accepted(Tcp4(Tlv(0x20, ssl)));

        Assert.True(header.Tlvs.TryGet(ProxyTlvType.Ssl, out ReadOnlyMemory<byte> value));
        Assert.True(ProxyTlvs.TryParse(value[5..], out ProxyTlvs inner));
        Assert.True(inner.TryGet(ProxyTlvType.SslVersion, out ReadOnlyMemory<byte> version));
        Assert.True(inner.TryGet(ProxyTlvType.SslCommonName, out ReadOnlyMemory<byte> name));
        Assert.Equal(("TLSv1.3", "example.com"), (Encoding.ASCII.GetString(version.Span), Encoding.ASCII.GetString(name.Span)));
    }

    [Fact]
    public void Bytes_that_are_no_values_are_not_taken_for_some() => Assert.False(ProxyTlvs.TryParse(new byte[] { 1, 0, 2, 3 }, out _));

    [Fact]
    public void A_right_checksum_is_accepted_wherever_it_stands()
    {
        Accepted(WithChecksum(0x21, 0x11, Addresses4));
        Accepted(WithChecksum(0x21, 0x21, [.. s_addresses6, .. Tlv(2, "example.com"u8.ToArray())]));

        byte[] first = Tcp4([.. Tlv(3, 0, 0, 0, 0), .. Tlv(5, 1, 2, 3)]);
        uint crc = Crc(first);
        Accepted(Tcp4([.. Tlv(3, (byte)(crc >> 24), (byte)(crc >> 16), (byte)(crc >> 8), (byte)crc), .. Tlv(5, 1, 2, 3)]));
    }

    /// <summary>RFC 3720, B.4.</summary>
    [Fact]
    public void The_checksum_is_that_of_the_standard() => Assert.Equal(0x8A9136AAu, Crc(new byte[32]));

    public static TheoryData<ProxyHeaderError, byte[]> Malformed => new()
    {
        { ProxyHeaderError.NotAHeader, [0x0D, 0x0A, 0x0D, 0x0A, 0x00, 0x0D, 0x0A, 0x51, 0x55, 0x49, 0x54, 0x0D] },
        { ProxyHeaderError.NotAHeader, "\r\n\r\nGET"u8.ToArray() },
        { ProxyHeaderError.NotAHeader, [0x16, 3, 1, 2, 0] },
        { ProxyHeaderError.BadVersion, Binary(0x11, 0x11, Addresses4) },
        { ProxyHeaderError.BadVersion, Binary(0x31, 0x11, Addresses4) },
        { ProxyHeaderError.BadVersion, Binary(0x01, 0x11, Addresses4) },
        { ProxyHeaderError.BadCommand, Binary(0x22, 0x11, Addresses4) },
        { ProxyHeaderError.BadCommand, Binary(0x2F, 0x11, Addresses4) },
        { ProxyHeaderError.BadFamily, Binary(0x21, 0x41, Addresses4) },
        { ProxyHeaderError.BadFamily, Binary(0x21, 0xF1, Addresses4) },
        { ProxyHeaderError.BadTransport, Binary(0x21, 0x13, Addresses4) },
        { ProxyHeaderError.BadTransport, Binary(0x21, 0x0F, Addresses4) },
        { ProxyHeaderError.AddressesTooShort, Binary(0x21, 0x11, Addresses4[..11]) },
        { ProxyHeaderError.AddressesTooShort, Binary(0x21, 0x21, Addresses4) },
        { ProxyHeaderError.AddressesTooShort, Binary(0x21, 0x31, new byte[215]) },
        { ProxyHeaderError.AddressesTooShort, Binary(0x21, 0x12, []) },
        { ProxyHeaderError.TooLong, Binary(0x21, 0x11, Addresses4, 4_081) },
        { ProxyHeaderError.TooLong, Binary(0x20, 0x00, [], 65_535) },
        { ProxyHeaderError.TlvTooLong, Tcp4(1) },
        { ProxyHeaderError.TlvTooLong, Tcp4(1, 0) },
        { ProxyHeaderError.TlvTooLong, Tcp4(1, 0, 1) },
        { ProxyHeaderError.TlvTooLong, Tcp4([.. Tlv(1, 1), 1, 0xFF, 0xFF, 1]) },
        { ProxyHeaderError.BadTlv, Tcp4(Tlv(3, 0, 0, 0)) },
        { ProxyHeaderError.BadTlv, Tcp4(Tlv(3, 0, 0, 0, 0, 0)) },
        { ProxyHeaderError.BadTlv, Tcp4([.. Tlv(3, 0, 0, 0, 0), .. Tlv(3, 0, 0, 0, 0)]) },
        { ProxyHeaderError.BadTlv, Tcp4(Tlv(5, new byte[129])) },
        { ProxyHeaderError.BadTlv, Tcp4(Tlv(0x20, 1, 0, 0, 0)) },
        { ProxyHeaderError.BadTlv, Tcp4(Tlv(0x20, 1, 0, 0, 0, 0, 0x21, 0, 9, 1)) },
        { ProxyHeaderError.BadChecksum, WithChecksum(0x21, 0x11, Addresses4, fault: 1) },
        { ProxyHeaderError.BadChecksum, WithChecksum(0x21, 0x11, [.. Addresses4, .. Tlv(5, 1)], fault: 0x80000000) },
    };

    [Theory]
    [MemberData(nameof(Malformed))]
    public void What_is_malformed_is_refused_for_its_reason(ProxyHeaderError error, byte[] bytes) => Assert.Equal($"{error}", EveryCut.Of(bytes));

    [Fact]
    public void A_header_that_is_cut_short_needs_more()
    {
        byte[] whole = WithChecksum(0x21, 0x11, [.. Addresses4, .. Tlv(5, 1, 2, 3)]);
        EveryCut.Of(whole);
        for (int length = 0; length < whole.Length; length++)
        {
            Assert.Equal(EveryCut.More, EveryCut.Verdict(whole.AsSpan(0, length)));
        }
    }

    [Fact]
    public void A_header_may_be_as_long_as_the_options_say()
    {
        byte[] bytes = Tcp4(Tlv(0xE0, new byte[100]));

        Assert.StartsWith("v2", EveryCut.Of(bytes, new ProxyProtocolOptions { MaxLength = bytes.Length }), StringComparison.Ordinal);
        Assert.Equal($"{ProxyHeaderError.TooLong}", EveryCut.Of(bytes, new ProxyProtocolOptions { MaxLength = bytes.Length - 1 }));
    }

    [Fact]
    public void The_longest_header_that_can_be_is_accepted_if_the_options_say_so()
    {
        byte[] bytes = Tcp4([.. Tlv(0xE0, new byte[65_535 - 12 - 3])]);

        ProxyParseResult result = ProxyHeader.Parse(bytes, new ProxyProtocolOptions { MaxLength = 65_551 });

        Assert.NotNull(result.Header);
        Assert.Equal(65_551, result.Consumed);
    }

    [Fact]
    public void Local_and_unknown_are_refused_if_they_are_not_allowed()
    {
        Assert.Equal($"{ProxyHeaderError.LocalNotAllowed}", EveryCut.Of(Binary(0x20, 0, []), new ProxyProtocolOptions { AllowLocal = false }));
        Assert.Equal($"{ProxyHeaderError.UnknownNotAllowed}", EveryCut.Of(Binary(0x21, 0, []), new ProxyProtocolOptions { AllowUnknown = false }));
        Assert.Equal($"{ProxyHeaderError.UnknownNotAllowed}", EveryCut.Of(Binary(0x21, 0x10, []), new ProxyProtocolOptions { AllowUnknown = false }));

        // Each is its own matter.
        Assert.StartsWith("v2", EveryCut.Of(Binary(0x20, 0, []), new ProxyProtocolOptions { AllowUnknown = false }), StringComparison.Ordinal);
        Assert.StartsWith("v2", EveryCut.Of(Binary(0x21, 0, []), new ProxyProtocolOptions { AllowLocal = false }), StringComparison.Ordinal);
    }

    private static ProxyHeader Accepted(byte[] bytes, int? consumed = null)
    {
        EveryCut.Of(bytes);
        ProxyParseResult result = ProxyHeader.Parse(bytes);
        Assert.Equal(consumed ?? bytes.Length, result.Consumed);
        return Assert.IsType<ProxyHeader>(result.Header);
    }
}
