using System.Net.Sockets;
using Reactor.Kernel;

namespace Reactor.Net;

/// <summary>Makes the two sockets of a pair, stream or datagram, so that there are both or none.</summary>
internal static class UnixPair
{
    internal static (Shard Shard, int First, int Second) Create(string attempt, SocketType type, Func<int, SysResult> applyOptions)
    {
        Shard shard = Shard.OfCaller(attempt);

        // So that nothing can fail any more when one of them already belongs to an object.
        shard.ThrowIfStopping();
        ShardSocket.Check(attempt, shard, UnixSockets.CreatePair(type, out int first, out int second));
        try
        {
            ShardSocket.Check(attempt, shard, applyOptions(first));
            ShardSocket.Check(attempt, shard, applyOptions(second));
            return (shard, first, second);
        }
        catch
        {
            FileDescriptor.Close(first);
            FileDescriptor.Close(second);
            throw;
        }
    }
}
