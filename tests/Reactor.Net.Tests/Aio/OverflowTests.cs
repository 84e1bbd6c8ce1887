using System.Net.Sockets;

namespace Reactor.Net.Tests.Aio;

/// <summary>More connections than the shard has polls for.</summary>
public sealed class OverflowTests
{
    private const int Budget = 64;

    [Fact]
    public async Task Three_times_as_many_connections_as_polls_are_served_and_leave_nothing()
    {
        var log = new System.Collections.Concurrent.ConcurrentQueue<string>();
        ReactorOptions options = Hosts.Options(1, Budget);
        options.Log = log.Enqueue;
        await using var host = ReactorHost.Start(options);
        Shard shard = host.Shards[0];
        Socket[] peers = new Socket[3 * Budget];
        await using (TcpServer server = await TcpServer.StartAsync(host, Peers.AnyLoopbackPort, Handlers.EchoAsync))
        {
            for (int i = 0; i < peers.Length; i++)
            {
                peers[i] = await Peers.ConnectAsync(server.EndPoint);
                await Handlers.AssertEchoesAsync(peers[i]);
            }

            // Each waits, and so do the listener and the wake-up.
            await Eventually.IsEqualAsync(
                (Budget + 1, peers.Length + 2 - (Budget + 1)),
                () => ((int)shard.GetStatistics().PollsArmed, (int)shard.GetStatistics().PollsOverflowing),
                "polls and waits beyond them");
            Assert.Single(log, line => line.Contains("epoll set", StringComparison.Ordinal));
            for (int round = 0; round < 3; round++)
            {
                foreach (Socket peer in peers)
                {
                    await Handlers.AssertEchoesAsync(peer);
                }
            }

            foreach (Socket peer in peers)
            {
                peer.Dispose();
            }

            await Eventually.IsEqualAsync(0L, () => server.GetStatistics().Active, "connections");

            // The listener stays where it waits until the next client comes.
            Assert.InRange(shard.GetStatistics().PollsOverflowing, 0, 1);
        }

        await Eventually.IsTrueAsync(() => shard.HoldsOnly(1), "the shard holds nothing but its wake-up");
        Assert.Equal(0, shard.GetStatistics().PollsRefused);
    }

    [Fact]
    public async Task A_log_that_fails_when_it_is_told_of_it_is_reported_and_the_shard_goes_on()
    {
        var unhandled = new System.Collections.Concurrent.ConcurrentQueue<Exception>();
        ReactorOptions options = Hosts.Options(1, Budget);
        options.Log = line =>
        {
            if (line.Contains("epoll set", StringComparison.Ordinal))
            {
                throw new InvalidDataException(line);
            }
        };
        options.UnhandledException = (_, exception) => unhandled.Enqueue(exception);
        await using var host = ReactorHost.Start(options);
        Socket[] peers = new Socket[2 * Budget];
        await using TcpServer server = await TcpServer.StartAsync(host, Peers.AnyLoopbackPort, Handlers.EchoAsync);
        for (int i = 0; i < peers.Length; i++)
        {
            peers[i] = await Peers.ConnectAsync(server.EndPoint);
            await Handlers.AssertEchoesAsync(peers[i]);
        }

        Assert.IsType<InvalidDataException>(Assert.Single(unhandled));
        foreach (Socket peer in peers)
        {
            peer.Dispose();
        }
    }
}
