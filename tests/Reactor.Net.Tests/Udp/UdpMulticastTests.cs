using System.Net;
using System.Net.NetworkInformation;
using System.Net.Sockets;
using Xunit.Abstractions;

namespace Reactor.Net.Tests.Udp;

public sealed class UdpMulticastTests(ITestOutputHelper output) : ShardTest
{
    private const int Loopback = 1;

    [Theory]
    [InlineData("0.0.0.0")]
    [InlineData("::")]
    [InlineData("239.77.3.1")]
    public Task A_member_hears_the_group_and_is_told_which_it_was(string bound) => OnShard(async () =>
    {
        var group = IPAddress.Parse("239.77.3.1");
        using UdpSocket member = UdpSocket.Bind(new IPEndPoint(IPAddress.Parse(bound), 0));
        using UdpSocket sender = UdpSocket.Bind(new IPEndPoint(IPAddress.Any, 0));
        sender.SetMulticastInterface(Loopback);
        member.JoinGroup(group, Loopback);
        var target = new IPEndPoint(group, member.LocalEndPoint.Port);

        await sender.SendToAsync("all"u8.ToArray(), target);

        UdpReceived received = await member.ReceiveAsync(new byte[10]);
        Assert.Equal(3, received.Length);
        Assert.Equal(group, received.To.ToIPEndPoint()!.Address.MapToIPv4());
        Assert.Equal(target.Port, received.To.Port);
        Assert.Equal(Loopback, received.InterfaceIndex);
        if (bound == "0.0.0.0")
        {
            // Answered from an address of the machine, not from the group's.
            Assert.False(received.Local.ToIPEndPoint()!.Address.Equals(group));
            await member.SendToAsync("me"u8.ToArray(), received.From, received.Local);
            Assert.Equal(2, (await sender.ReceiveAsync(new byte[10])).Length);
        }

        member.LeaveGroup(group, Loopback);
        SocketException exception = Assert.Throws<SocketException>(() => member.LeaveGroup(group, Loopback));
        Assert.Equal(SocketError.AddressNotAvailable, exception.SocketErrorCode);
        Assert.Contains("239.77.3.1", exception.Message, StringComparison.Ordinal);
    });

    [Fact]
    public Task Several_members_on_one_port_hear_it_all() => OnShard(async () =>
    {
        var group = IPAddress.Parse("239.77.3.2");
        var options = new UdpOptions { ReuseAddress = true };
        using UdpSocket one = UdpSocket.Bind(new IPEndPoint(IPAddress.Any, 0), options);
        using UdpSocket two = UdpSocket.Bind(one.LocalEndPoint, options);
        one.JoinGroup(group, Loopback);
        two.JoinGroup(group, Loopback);
        one.SetMulticastInterface(Loopback);
        await one.SendToAsync("x"u8.ToArray(), new IPEndPoint(group, one.LocalEndPoint.Port));
        Assert.Equal(1, (await one.ReceiveAsync(new byte[10])).Length);
        Assert.Equal(1, (await two.ReceiveAsync(new byte[10])).Length);
    });

    [Fact]
    public Task Without_loopback_this_machine_hears_nothing() => OnShard(async () =>
    {
        // The loopback interface gives back what is sent on it, with the option or without.
        NetworkInterface? network = FindNetwork(static address => address.AddressFamily == AddressFamily.InterNetwork);
        if (network is null)
        {
            output.WriteLine("There is no network here.");
            return;
        }

        int index = network.GetIPProperties().GetIPv4Properties().Index;
        var group = IPAddress.Parse("239.77.3.3");
        using UdpSocket member = UdpSocket.Bind(new IPEndPoint(IPAddress.Any, 0));
        using UdpSocket sender = UdpSocket.Bind(new IPEndPoint(IPAddress.Any, 0));
        member.JoinGroup(group, index);
        sender.SetMulticastInterface(index);
        sender.MulticastLoopback = false;
        Assert.False(sender.MulticastLoopback);
        var target = new IPEndPoint(group, member.LocalEndPoint.Port);
        await sender.SendToAsync("silent"u8.ToArray(), target);
        sender.MulticastLoopback = true;
        Assert.True(sender.MulticastLoopback);
        await sender.SendToAsync("loud"u8.ToArray(), target);
        Assert.Equal(4, (await member.ReceiveAsync(new byte[10])).Length);
    });

    [Theory]
    [InlineData("0.0.0.0")]
    [InlineData("::")]
    public Task The_time_to_live_is_set_for_every_family(string bound) => OnShard(() =>
    {
        using UdpSocket ours = UdpSocket.Bind(new IPEndPoint(IPAddress.Parse(bound), 0));
        Assert.Equal(1, ours.MulticastTimeToLive);
        Assert.True(ours.MulticastLoopback);
        ours.MulticastTimeToLive = 7;
        Assert.Equal(7, ours.MulticastTimeToLive);
        Assert.Throws<SocketException>(() => ours.MulticastTimeToLive = 256);
        Assert.Throws<SocketException>(() => ours.SetMulticastInterface(999_999));
        Assert.Throws<SocketException>(() => ours.JoinGroup(IPAddress.Loopback));
        Assert.Throws<SocketException>(() => ours.JoinGroup(IPAddress.Parse("239.1.1.1"), 999_999));
        return Task.CompletedTask;
    });

    [Fact]
    public Task A_group_of_IPv6_is_heard_and_answered() => OnShard(async () =>
    {
        // The loopback interface has no route for groups of IPv6.
        NetworkInterface? network = FindNetwork(static address => address.IsIPv6LinkLocal);
        if (network is null)
        {
            output.WriteLine("There is no network here with IPv6.");
            return;
        }

        int index = network.GetIPProperties().GetIPv6Properties().Index;
        var group = IPAddress.Parse("ff02::7703");
        using UdpSocket member = UdpSocket.Bind(new IPEndPoint(IPAddress.IPv6Any, 0));
        using UdpSocket sender = UdpSocket.Bind(new IPEndPoint(IPAddress.IPv6Any, 0));
        member.JoinGroup(group, index);
        sender.SetMulticastInterface(index);
        await sender.SendToAsync("six"u8.ToArray(), new IPEndPoint(group, member.LocalEndPoint.Port));

        UdpReceived received = await member.ReceiveAsync(new byte[10]);

        Assert.Equal(3, received.Length);
        Assert.Equal(index, received.InterfaceIndex);
        Assert.Equal(group, new IPAddress(received.To.ToIPEndPoint()!.Address.GetAddressBytes()));
        Assert.False(received.Local.IsKnown);
        await member.SendToAsync("me"u8.ToArray(), received.From, received.Local);
        Assert.Equal(2, (await sender.ReceiveAsync(new byte[10])).Length);
    });

    private static NetworkInterface? FindNetwork(Func<IPAddress, bool> hasAddress) => NetworkInterface.GetAllNetworkInterfaces().FirstOrDefault(each =>
        each.OperationalStatus == OperationalStatus.Up && each.SupportsMulticast && each.NetworkInterfaceType != NetworkInterfaceType.Loopback
        && each.GetIPProperties().UnicastAddresses.Any(own => hasAddress(own.Address)));
}
