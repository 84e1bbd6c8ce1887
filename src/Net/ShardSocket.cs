using System.Net.Sockets;
using Reactor.Kernel;

namespace Reactor.Net;

/// <summary>What making a socket on a shard has in common, for connectors and listeners.</summary>
internal static class ShardSocket
{
    internal static int CreateTcp(string attempt, Shard shard, AddressFamily family)
    {
        if (family is not (AddressFamily.InterNetwork or AddressFamily.InterNetworkV6))
        {
            throw new NotSupportedException($"{attempt}: the address family is {family}; TCP takes IPv4 and IPv6.");
        }

        return Check(attempt, shard, Sockets.CreateTcp(family));
    }

    internal static int Check(string attempt, Shard shard, SysResult result)
    {
        shard.Counters.IoCalls++;
        return result.IsError ? throw SocketErrors.From(attempt, result.Errno) : result.Value;
    }
}
