using System.Net;
using System.Net.Sockets;
using Reactor.Kernel;
using Reactor.Tests.Support;
using Tmds.Linux;

namespace Reactor.Tests.Kernel;

/// <summary>What listeners rely on: a port is claimed without SO_REUSEPORT, and shared with it afterwards.</summary>
public sealed class SharedPortTests : IDisposable
{
    private const int Connections = 200;

    private readonly List<int> _descriptors = [];

    [Theory]
    [InlineData("0.0.0.0")]
    [InlineData("::")]
    public void A_listener_that_shares_its_port_afterwards_is_joined_by_others_and_all_get_connections(string address)
    {
        IPEndPoint claimed = Claim(new IPEndPoint(IPAddress.Parse(address), 0), out int first);
        int[] group = [first, Join(claimed), Join(claimed), Join(claimed)];
        Connect(claimed.Port, Connections);
        int[] accepted = [.. group.Select(AcceptAll)];
        Assert.Equal(Connections, accepted.Sum());
        Assert.DoesNotContain(0, accepted);
    }

    [Theory]
    [InlineData("0.0.0.0", "0.0.0.0")]
    [InlineData("127.0.0.1", "0.0.0.0")]
    [InlineData("0.0.0.0", "127.0.0.1")]
    [InlineData("0.0.0.0", "::")]
    [InlineData("::", "0.0.0.0")]
    [InlineData("::", "::")]
    public void A_port_on_which_a_group_listens_cannot_be_claimed(string theirs, string ours)
    {
        IPEndPoint claimed = Claim(new IPEndPoint(IPAddress.Parse(theirs), 0), out _);
        Join(claimed);
        var wanted = new IPEndPoint(IPAddress.Parse(ours), claimed.Port);
        Assert.Equal(LibC.EADDRINUSE, Sockets.Bind(Open(wanted), NativeAddress.From(wanted)).Errno);
    }

    /// <remarks>Set before the listen, the option would let both win: tried with two processes, in one of five rounds.</remarks>
    [Theory]
    [InlineData("0.0.0.0")]
    [InlineData("::")]
    public void Of_two_that_have_both_bound_a_port_one_may_listen(string address)
    {
        var any = new IPEndPoint(IPAddress.Parse(address), 0);
        int winner = Open(any);
        Sockets.Bind(winner, NativeAddress.From(any)).OrThrow("bind");
        IPEndPoint bound = AddressOf(winner);
        int loser = Open(bound);
        Sockets.Bind(loser, NativeAddress.From(bound)).OrThrow("bind");

        Sockets.Listen(winner, 8).OrThrow("listen");
        Sockets.SetReusePort(winner, true).OrThrow("SO_REUSEPORT");
        Assert.Equal(LibC.EADDRINUSE, Sockets.Listen(loser, 8).Errno);

        // The loser is in nobody's way while it is still bound.
        Join(bound);
    }

    [Theory]
    [InlineData("0.0.0.0")]
    [InlineData("::")]
    public void A_port_with_connections_of_a_group_that_is_gone_can_be_claimed_again(string address)
    {
        IPEndPoint claimed = Claim(new IPEndPoint(IPAddress.Parse(address), 0), out int first);
        int second = Join(claimed);
        Connect(claimed.Port, 20);
        var accepted = new List<int>();
        Accept(first, accepted);
        Accept(second, accepted);
        Assert.Equal(20, accepted.Count);

        // Half stay open, half are closed from our side and end in TIME_WAIT.
        foreach (int fd in accepted.Take(10).Append(first).Append(second))
        {
            Close(fd);
        }

        Claim(claimed, out _);
        Join(claimed);
    }

    [Fact]
    public void The_listener_of_the_CPU_that_handles_the_packets_gets_the_connections()
    {
        CpuSet cpus = null!;
        OwnThread.Run(() => cpus = ThreadAffinity.Get());
        IPEndPoint claimed = Claim(new IPEndPoint(IPAddress.Loopback, 0), out int first);
        int[] group = [first, .. cpus.Cpus.Skip(1).Select(_ => Join(claimed))];
        for (int i = 0; i < group.Length; i++)
        {
            Sockets.SetIncomingCpu(group[i], cpus.Cpus[i]).OrThrow("SO_INCOMING_CPU");
            Assert.Equal(cpus.Cpus[i], Sockets.IncomingCpu(group[i]).Value);
        }

        for (int i = 0; i < group.Length; i++)
        {
            OwnThread.Run(() =>
            {
                // Over loopback the sender's CPU handles the packets.
                ThreadAffinity.TrySet(new CpuSet([cpus.Cpus[i]])).OrThrow("pin");
                Connect(claimed.Port, 20);
            });
            Assert.Equal(Enumerable.Range(0, group.Length).Select(k => k == i ? 20 : 0), group.Select(AcceptAll));
        }
    }

    [Fact]
    public void A_socket_that_has_seen_no_packet_has_no_CPU() =>
        Assert.True(Sockets.IncomingCpu(Open(new IPEndPoint(IPAddress.Loopback, 0))) is { IsError: false, Value: < 0 });

    [Fact]
    public void Both_options_can_be_taken_back()
    {
        int fd = Open(new IPEndPoint(IPAddress.Loopback, 0));
        Sockets.SetReusePort(fd, true).OrThrow("SO_REUSEPORT");
        Assert.Equal(1, Sockets.GetOption(fd, LibC.SOL_SOCKET, LibC.SO_REUSEPORT).Value);
        Sockets.SetReusePort(fd, false).OrThrow("SO_REUSEPORT");
        Assert.Equal(0, Sockets.GetOption(fd, LibC.SOL_SOCKET, LibC.SO_REUSEPORT).Value);
        Assert.Equal(1, Sockets.GetOption(fd, LibC.SOL_SOCKET, LibC.SO_REUSEADDR).Value);
        Sockets.SetReuseAddress(fd, false).OrThrow("SO_REUSEADDR");
        Assert.Equal(0, Sockets.GetOption(fd, LibC.SOL_SOCKET, LibC.SO_REUSEADDR).Value);
    }

    public void Dispose() => Descriptors.Close([.. _descriptors]);

    private IPEndPoint Claim(IPEndPoint endPoint, out int fd)
    {
        fd = Open(endPoint);
        Sockets.Bind(fd, NativeAddress.From(endPoint)).OrThrow("bind");
        Sockets.Listen(fd, Connections).OrThrow("listen");
        Sockets.SetReusePort(fd, true).OrThrow("SO_REUSEPORT");
        return AddressOf(fd);
    }

    private int Join(IPEndPoint endPoint)
    {
        int fd = Open(endPoint);
        Sockets.SetReusePort(fd, true).OrThrow("SO_REUSEPORT");
        Sockets.Bind(fd, NativeAddress.From(endPoint)).OrThrow("bind");
        Sockets.Listen(fd, Connections).OrThrow("listen");
        return fd;
    }

    /// <summary>A TCP socket with SO_REUSEADDR; with IPv6 it takes IPv4 too.</summary>
    private int Open(IPEndPoint endPoint)
    {
        int fd = Keep(Sockets.CreateTcp(endPoint.AddressFamily).OrThrow("socket"));
        Sockets.SetReuseAddress(fd, true).OrThrow("SO_REUSEADDR");
        if (endPoint.AddressFamily == AddressFamily.InterNetworkV6)
        {
            Sockets.SetOption(fd, LibC.IPPROTO_IPV6, LibC.IPV6_V6ONLY, 0).OrThrow("IPV6_V6ONLY");
        }

        return fd;
    }

    /// <summary>Over loopback a connection is in its listener's backlog when the call that makes it returns.</summary>
    private void Connect(int port, int count)
    {
        for (int i = 0; i < count; i++)
        {
            int fd = Keep(Sockets.CreateTcp(AddressFamily.InterNetwork).OrThrow("socket"));
            SysResult result = Sockets.Connect(fd, NativeAddress.From(new IPEndPoint(IPAddress.Loopback, port)));
            Assert.True(!result.IsError || result.Errno == LibC.EINPROGRESS, $"connect said {result}");
            Eventually.Until(() => (Descriptors.Poll(fd, LibC.POLLOUT) & LibC.POLLOUT) != 0, "a connection");
        }
    }

    private int AcceptAll(int listener)
    {
        var accepted = new List<int>();
        Accept(listener, accepted);
        return accepted.Count;
    }

    private void Accept(int listener, List<int> accepted)
    {
        NativeAddress peer = default;
        while (Sockets.Accept(listener, ref peer) is { IsError: false, Value: int fd })
        {
            accepted.Add(Keep(fd));
        }
    }

    private static IPEndPoint AddressOf(int fd)
    {
        NativeAddress address = default;
        Sockets.LocalAddress(fd, ref address).OrThrow("getsockname");
        return address.ToIPEndPoint()!;
    }

    private int Keep(int fd)
    {
        _descriptors.Add(fd);
        return fd;
    }

    private void Close(int fd)
    {
        Descriptors.Close(fd);
        _descriptors.Remove(fd);
    }
}
