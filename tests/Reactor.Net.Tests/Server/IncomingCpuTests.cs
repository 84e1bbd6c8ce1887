using System.Net.Sockets;

namespace Reactor.Net.Tests.Server;

/// <summary>Connections go to the shard on whose CPU their packets arrive: over loopback, the CPU of the client.</summary>
public sealed class IncomingCpuTests
{
    private static readonly TcpServerOptions s_options = new() { Distribution = ConnectionDistribution.IncomingCpu };

    [Fact]
    public async Task A_client_is_served_by_the_shard_on_its_CPU()
    {
        await using ReactorHost host = ReactorHost.Start(Hosts.Options(Hosts.MostPinned));
        await using TcpServer server = await TcpServer.StartAsync(host, Peers.AnyLoopbackPort, Handlers.TellShardAsync, s_options);
        foreach (Shard shard in host.Shards)
        {
            var peers = new List<Socket>();
            await PinnedThread.RunAsync(shard.Cpu!.Value, () =>
            {
                for (int i = 0; i < 20; i++)
                {
                    Socket peer = Peers.Create(server.EndPoint);
                    peers.Add(peer);
                    peer.Connect(server.EndPoint);
                }
            });

            Assert.All(await Task.WhenAll(peers.Select(Handlers.AskShardAsync)), served => Assert.Equal(shard.Id, served));
            peers.ForEach(peer => peer.Dispose());
        }
    }

    [Fact]
    public async Task A_client_on_a_CPU_without_a_shard_is_served_by_any()
    {
        await using ReactorHost host = ReactorHost.Start(Hosts.Options(1));
        await using TcpServer server = await TcpServer.StartAsync(host, Peers.AnyLoopbackPort, Handlers.TellShardAsync, s_options);
        using Socket peer = Peers.Create(server.EndPoint);

        await PinnedThread.RunAsync(PinnedThread.Cpus[^1], () => peer.Connect(server.EndPoint));

        Assert.Equal(0, await Handlers.AskShardAsync(peer));
    }

    [Fact]
    public async Task Shards_that_are_not_pinned_are_refused()
    {
        ReactorOptions options = Hosts.Options(2);
        options.Overprovisioned = true;
        await using ReactorHost host = ReactorHost.Start(options);

        ArgumentException refusal = await Assert.ThrowsAsync<ArgumentException>(() => TcpServer.StartAsync(host, Peers.AnyLoopbackPort, Handlers.EchoAsync, s_options));

        Assert.Equal(nameof(TcpServerOptions.Distribution), refusal.ParamName);
        Assert.Contains("TcpServerOptions.Distribution is IncomingCpu", refusal.Message, StringComparison.Ordinal);
        Assert.Contains("shard 0 is not", refusal.Message, StringComparison.Ordinal);
    }
}
