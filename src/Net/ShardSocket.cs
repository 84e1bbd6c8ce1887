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
