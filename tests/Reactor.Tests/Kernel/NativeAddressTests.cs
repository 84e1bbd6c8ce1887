using System.Net;
using System.Net.Sockets;
using Reactor.Kernel;
using Reactor.Tests.Support;
using Xunit.Abstractions;

namespace Reactor.Tests.Kernel;

public sealed class NativeAddressTests(ITestOutputHelper output)
{
    [Theory]
    [InlineData("127.0.0.1", 0)]
    [InlineData("0.0.0.0", 65535)]
    [InlineData("255.255.255.255", 1)]
    [InlineData("192.0.2.7", 443)]
    [InlineData("::", 0)]
    [InlineData("::1", 8080)]
    [InlineData("2001:db8::1234:5678", 65535)]
    [InlineData("::ffff:192.0.2.7", 80)]
    [InlineData("fe80::1%7", 80)]
    [InlineData("fe80::1%4294967295", 80)]
    public void An_end_point_survives_the_round_trip(string address, int port)
    {
        var endPoint = new IPEndPoint(IPAddress.Parse(address), port);
        NativeAddress native = NativeAddress.From(endPoint);
        IPEndPoint? back = native.ToIPEndPoint();
        Assert.Equal(endPoint, back);
        Assert.Equal(endPoint.AddressFamily, native.Family);
        Assert.Equal(endPoint.Port, native.Port);
        if (endPoint.AddressFamily == AddressFamily.InterNetworkV6)
        {
            Assert.Equal(endPoint.Address.ScopeId, back!.Address.ScopeId);
        }
    }

    [Fact]
    public void Any_address_survives_the_round_trip()
    {
        Random random = Seed.Random(output);
        for (int round = 0; round < 1000; round++)
        {
            byte[] bytes = new byte[random.Next(2) == 0 ? 4 : 16];
            random.NextBytes(bytes);
            var endPoint = new IPEndPoint(new IPAddress(bytes), random.Next(65536));
            Assert.Equal(endPoint, NativeAddress.From(endPoint).ToIPEndPoint());
        }
    }

    [Theory]
    [InlineData("127.0.0.1", "::ffff:127.0.0.1", false, false)]
    [InlineData("0.0.0.0", "::ffff:0.0.0.0", true, false)]
    [InlineData("224.0.0.1", "::ffff:224.0.0.1", false, true)]
    [InlineData("239.255.255.255", "::ffff:239.255.255.255", false, true)]
    [InlineData("240.0.0.1", "::ffff:240.0.0.1", false, false)]
    [InlineData("::", "::", true, false)]
    [InlineData("ff02::1%3", "ff02::1%3", false, true)]
    [InlineData("fe80::1%3", "fe80::1%3", false, false)]
    public void What_an_address_is_shows_in_its_bytes(string address, string asIPv6, bool isAny, bool isMulticast)
    {
        var parsed = IPAddress.Parse(address);
        NativeAddress native = NativeAddress.From(new IPEndPoint(parsed, 53));
        Assert.Equal(parsed.GetAddressBytes(), native.Host.ToArray());
        Assert.Equal((isAny, isMulticast), (native.IsAny, native.IsMulticast));
        Assert.Equal(new IPEndPoint(IPAddress.Parse(asIPv6), 53), native.ToIPv6().ToIPEndPoint());
        Assert.Equal(new IPEndPoint(parsed, 80), native.WithPort(80).ToIPEndPoint());
        Assert.Equal(native.Bytes.ToArray(), NativeAddress.Create(native.Host, 53, native.ScopeId).Bytes.ToArray());
    }

    [Fact]
    public void An_address_that_is_not_known_is_nothing_else()
    {
        NativeAddress unknown = default;
        Assert.True(unknown.Host.IsEmpty);
        Assert.True(unknown.Bytes.IsEmpty);
        Assert.False(unknown.IsAny);
        Assert.False(unknown.IsMulticast);
        Assert.False(unknown.ToIPv6().IsKnown);
        Assert.Equal(0, unknown.WithPort(80).Port);
        Assert.Equal(AddressFamily.Unspecified, unknown.Family);
    }

    [Fact]
    public void The_bytes_are_the_kernels_sockaddr()
    {
        NativeAddress native = NativeAddress.From(new IPEndPoint(IPAddress.Parse("1.2.3.4"), 0x1234));
        Assert.Equal(16, native.Length);
        Assert.Equal([2, 0, 0x12, 0x34, 1, 2, 3, 4], native.AsSpan()[..8].ToArray());
    }

    [Fact]
    public void The_kernel_and_the_class_library_name_the_same_address()
    {
        using var socket = new Socket(AddressFamily.InterNetworkV6, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.IPv6Loopback, 0));
        NativeAddress native = default;
        Assert.False(Sockets.LocalAddress((int)socket.Handle, ref native).IsError);
        Assert.Equal(socket.LocalEndPoint, native.ToIPEndPoint());
    }

    [Fact]
    public void An_address_that_is_not_known_is_null()
    {
        NativeAddress native = default;
        Assert.False(native.IsKnown);
        Assert.Null(native.ToIPEndPoint());
        Assert.Equal(AddressFamily.Unspecified, native.Family);
        Assert.Equal(0, native.Port);
    }

    [Fact]
    public void A_length_beyond_the_capacity_is_cut_to_it()
    {
        var native = new NativeAddress { Length = 110 };
        Assert.Equal(NativeAddress.Capacity, native.Length);
    }
}
