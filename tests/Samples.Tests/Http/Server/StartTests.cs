using System.Net;
using System.Net.Sockets;
using Reactor.Samples.Http;

namespace Reactor.Samples.Tests.Http.Server;

public sealed class StartTests : ServerTest
{
    [Fact]
    public async Task A_start_that_fails_leaves_nothing_running_on_the_shard()
    {
        await Running.DisposeAsync();
        using var taken = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        taken.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        taken.Listen();
        SocketException exception = await Assert.ThrowsAsync<SocketException>(() => HttpServer.StartAsync(
            Host, (IPEndPoint)taken.LocalEndPoint!, HttpLimits.Default, new HttpTimeouts { Tick = TimeSpan.FromMilliseconds(1) }));
        Assert.Equal(SocketError.AddressAlreadyInUse, exception.SocketErrorCode);

        // A clock that was left behind would wake the shard dozens of times.
        long before = Host.Shards[0].GetStatistics().ItemsRun;
        await Task.Delay(TimeSpan.FromMilliseconds(300));
        Assert.InRange(Host.Shards[0].GetStatistics().ItemsRun - before, 0, 2);
    }
}
