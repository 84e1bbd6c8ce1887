using System.Net;
using System.Net.Sockets;
using Reactor.Kernel;

namespace Reactor.Net;

/// <summary>
/// A UDP socket that is open and has its addresses, and is no shard's yet: so that several can be opened on one port, all or
/// none. Who has it makes a <see cref="UdpSocket"/> of it, or closes it.
/// </summary>
/// <param name="Fd">The socket.</param>
/// <param name="Local">What it is bound to.</param>
/// <param name="Remote">What it is connected to; not known for a bound one.</param>
/// <param name="AsksForLocal">Whether the kernel tells with each datagram where it came in.</param>
internal readonly record struct OpenedUdpSocket(int Fd, NativeAddress Local, NativeAddress Remote, bool AsksForLocal)
{
    /// <param name="shard">The current shard, which counts the system calls.</param>
    /// <param name="endPoint">Address and port; port 0 lets the kernel choose.</param>
    /// <param name="options">How it is set.</param>
    /// <param name="sharing">Who else may have the port.</param>
    /// <exception cref="SocketException">The port is taken, the address is not of this machine, or permission lacks.</exception>
    internal static OpenedUdpSocket Bind(Shard shard, IPEndPoint endPoint, UdpOptions options, PortSharing sharing)
    {
        string attempt = $"bind UDP to {endPoint}";
        int fd = Create(shard, attempt, endPoint.AddressFamily, options);
        try
        {
            BindTo(fd, attempt, shard, endPoint, sharing);
            NativeAddress local = LocalAddress(fd, attempt, shard);
            bool asksForLocal = local.IsAny || local.IsMulticast;
            if (asksForLocal)
            {
                ShardSocket.Check(attempt, shard, PacketInfo.Enable(fd, local.IsIPv6));
            }

            return new OpenedUdpSocket(fd, local, default, asksForLocal);
        }
        catch
        {
            FileDescriptor.Close(fd);
            throw;
        }
    }

    internal static OpenedUdpSocket Connect(Shard shard, IPEndPoint remote, UdpOptions options, IPEndPoint? local)
    {
        string attempt = $"connect UDP to {remote}";
        int fd = Create(shard, attempt, remote.AddressFamily, options);
        try
        {
            if (local is not null)
            {
                BindTo(fd, attempt, shard, local, SharingOf(local, options));
            }

            NativeAddress address = NativeAddress.From(remote);
            ShardSocket.Check(attempt, shard, Sockets.Connect(fd, address));
            return new OpenedUdpSocket(fd, LocalAddress(fd, attempt, shard), address, AsksForLocal: false);
        }
        catch
        {
            FileDescriptor.Close(fd);
            throw;
        }
    }

    /// <summary>With the option set before, the kernel might choose a port that a group has already.</summary>
    internal static PortSharing SharingOf(IPEndPoint endPoint, UdpOptions options) =>
        !options.ReusePort ? PortSharing.None : endPoint.Port == 0 ? PortSharing.Claim : PortSharing.Join;

    private static int Create(Shard shard, string attempt, AddressFamily family, UdpOptions options)
    {
        int fd = ShardSocket.CreateUdp(attempt, shard, family);
        try
        {
            options.ApplyTo(fd, attempt, shard, family);
            return fd;
        }
        catch
        {
            FileDescriptor.Close(fd);
            throw;
        }
    }

    private static void BindTo(int fd, string attempt, Shard shard, IPEndPoint endPoint, PortSharing sharing)
    {
        if (sharing == PortSharing.Join)
        {
            ShardSocket.Check(attempt, shard, Sockets.SetReusePort(fd, true));
        }

        ShardSocket.Check(attempt, shard, Sockets.Bind(fd, NativeAddress.From(endPoint)));
        if (sharing == PortSharing.Claim)
        {
            ShardSocket.Check(attempt, shard, Sockets.SetReusePort(fd, true));
        }
    }

    private static NativeAddress LocalAddress(int fd, string attempt, Shard shard)
    {
        NativeAddress local = default;
        ShardSocket.Check(attempt, shard, Sockets.LocalAddress(fd, ref local));
        return local;
    }
}

/// <summary>How a socket comes to its port.</summary>
internal enum PortSharing
{
    /// <summary>It alone has it.</summary>
    None,

    /// <summary>It learns for certain that nobody else has it, and then lets others share it.</summary>
    Claim,

    /// <summary>It shares it with those that have it.</summary>
    Join,
}
