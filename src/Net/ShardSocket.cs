using System.Net.Sockets;
using Reactor.Kernel;

namespace Reactor.Net;

/// <summary>What making a socket on a shard has in common, for connectors, listeners and UDP.</summary>
internal static class ShardSocket
{
    internal static int CreateTcp(string attempt, Shard shard, AddressFamily family)
    {
        VerifyFamily(attempt, "TCP", family);
        return Check(attempt, shard, Sockets.CreateTcp(family));
    }

    internal static int CreateUdp(string attempt, Shard shard, AddressFamily family)
    {
        VerifyFamily(attempt, "UDP", family);
        return Check(attempt, shard, DatagramSockets.CreateUdp(family));
    }

    /// <param name="attempt">What the socket is for.</param>
    /// <param name="shard">The current shard, which counts the system calls.</param>
    /// <param name="fd">The socket.</param>
    /// <param name="level">The option's level.</param>
    /// <param name="option">The option.</param>
    /// <param name="name">The option's name, for the message.</param>
    /// <param name="value">Its value.</param>
    internal static void SetOption(string attempt, Shard shard, int fd, int level, int option, string name, int value)
    {
        SysResult result = Sockets.SetOption(fd, level, option, value);
        Check(result.IsError ? $"setting {name} to {value}, to {attempt}," : attempt, shard, result);
    }

    internal static int Check(string attempt, Shard shard, SysResult result)
    {
        shard.Counters.IoCalls++;
        return result.IsError ? throw SocketErrors.From(attempt, result.Errno) : result.Value;
    }

    private static void VerifyFamily(string attempt, string protocol, AddressFamily family)
    {
        if (family is not (AddressFamily.InterNetwork or AddressFamily.InterNetworkV6))
        {
            throw new NotSupportedException($"{attempt}: the address family is {family}; {protocol} takes IPv4 and IPv6.");
        }
    }
}
