using System.Net;
using System.Net.Sockets;

namespace Reactor.Net.Tests.Udp;

public sealed class UdpAddressTests
{
    [Theory]
    [InlineData("127.0.0.1", 80)]
    [InlineData("0.0.0.0", 0)]
    [InlineData("::1", 65535)]
    [InlineData("fe80::1%3", 5353)]
    [InlineData("::ffff:1.2.3.4", 53)]
    public void An_end_point_comes_back_as_it_went_in(string address, int port)
    {
        var endPoint = new IPEndPoint(IPAddress.Parse(address), port);

        UdpAddress converted = endPoint;

        Assert.True(converted.IsKnown);
        Assert.Equal(endPoint, converted.ToIPEndPoint());
        Assert.Equal(endPoint.ToString(), converted.ToString());
        Assert.Equal(endPoint.AddressFamily, converted.Family);
        Assert.Equal(port, converted.Port);
        byte[] bytes = new byte[16];
        Assert.Equal(endPoint.Address.GetAddressBytes(), bytes[..converted.CopyHost(bytes)]);
    }

    [Fact]
    public void Equality_is_that_of_end_points_and_so_is_the_hash()
    {
        string[] addresses = ["1.2.3.4", "1.2.3.5", "::1", "::2", "fe80::1%1", "fe80::1%2", "::ffff:1.2.3.4", "0.0.0.0", "::"];
        int[] ports = [1, 2, 0x100];
        IPEndPoint[] all = [.. from address in addresses from port in ports select new IPEndPoint(IPAddress.Parse(address), port)];
        foreach (IPEndPoint one in all)
        {
            foreach (IPEndPoint two in all)
            {
                bool expected = one.Equals(two) && one.Address.ToString() == two.Address.ToString();
                UdpAddress left = one;
                UdpAddress right = new(two);
                Assert.Equal(expected, left == right);
                Assert.Equal(expected, left.Equals((object)right));
                Assert.Equal(!expected, left != right);
                if (expected)
                {
                    Assert.Equal(left.GetHashCode(), right.GetHashCode());
                }
            }
        }
    }

    [Fact]
    public void The_default_is_not_known_and_equals_itself_alone()
    {
        UdpAddress unknown = default;

        Assert.False(unknown.IsKnown);
        Assert.Null(unknown.ToIPEndPoint());
        Assert.Equal(AddressFamily.Unspecified, unknown.Family);
        Assert.Equal(0, unknown.Port);
        Assert.Equal(0, unknown.CopyHost(new byte[16]));
        Assert.Equal("unknown", unknown.ToString());
        Assert.Equal(default, unknown);
        Assert.NotEqual(new UdpAddress(new IPEndPoint(IPAddress.Any, 0)), unknown);
    }

    [Fact]
    public void A_table_of_peers_finds_them_without_an_allocation()
    {
        Dictionary<UdpAddress, int> table = [];
        UdpAddress[] peers = [.. Enumerable.Range(1, 100).Select(port => new UdpAddress(new IPEndPoint(port % 2 == 0 ? IPAddress.Loopback : IPAddress.IPv6Loopback, port)))];
        for (int i = 0; i < peers.Length; i++)
        {
            table.Add(peers[i], i);
        }

        Assert.Equal(0, Find());
        long before = GC.GetAllocatedBytesForCurrentThread();
        int misses = Find();
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
        Assert.Equal(0, misses);

        int Find()
        {
            int missed = 0;
            for (int i = 0; i < peers.Length; i++)
            {
                missed += table[peers[i]] == i ? 0 : 1;
            }

            return missed;
        }
    }
}
