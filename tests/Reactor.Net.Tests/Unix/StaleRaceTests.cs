using System.Net.Sockets;

namespace Reactor.Net.Tests.Unix;

/// <summary>Several who find the same stale file at the same time.</summary>
public sealed class StaleRaceTests : ShardTest
{
    private const int Starters = 4;

    protected override int ShardCount => Starters;

    [Fact]
    public async Task Of_several_who_start_over_one_stale_file_exactly_one_listens()
    {
        using var directory = new TemporaryDirectory();
        for (int round = 0; round < 200; round++)
        {
            UnixDomainSocketEndPoint endPoint = directory.EndPoint($"s{round}");
            UnixPeers.LeaveStaleFile(endPoint.ToString());
            using var start = new Barrier(Starters);

            UnixConnectionListener?[] listeners = await Task.WhenAll(Host.Shards.Select(shard => shard.InvokeAsync(() => TryListen(endPoint, start)).AsTask())).WaitAsync(Eventually.Patience);

            UnixConnectionListener winner = Assert.Single(listeners, listener => listener is not null)!;
            using (UnixPeers.Connect(endPoint))
            {
                await winner.Shard.InvokeAsync(async () => (await winner.AcceptAsync()).Dispose());
            }

            await winner.Shard.InvokeAsync(winner.Dispose);
            Assert.False(File.Exists(endPoint.ToString()));
        }
    }

    private static UnixConnectionListener? TryListen(UnixDomainSocketEndPoint endPoint, Barrier start)
    {
        start.SignalAndWait();
        try
        {
            return UnixConnectionListener.Listen(endPoint);
        }
        catch (SocketException exception) when (exception.SocketErrorCode == SocketError.AddressAlreadyInUse)
        {
            return null;
        }
    }
}
