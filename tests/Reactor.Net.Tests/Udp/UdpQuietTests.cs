using System.Net.Sockets;

namespace Reactor.Net.Tests.Udp;

/// <summary>A shard with nothing to do sleeps, whatever state its UDP sockets are in.</summary>
[Collection(Alone.Name)]
public sealed class UdpQuietTests : ShardTest
{
    /// <summary>How long a shard is watched. A loop that spins makes 100,000 turns in that time.</summary>
    private static readonly TimeSpan s_watch = TimeSpan.FromMilliseconds(300);

    [Fact]
    public Task Unread_datagrams_cost_nothing() => AssertQuietAsync(static (ours, peer) =>
    {
        peer.SendTo(new byte[100], ours.LocalEndPoint);
        return Task.CompletedTask;
    });

    [Fact]
    public Task An_armed_receive_costs_nothing() => AssertQuietAsync(static (ours, peer) =>
    {
        _ = SwallowAsync(ours);
        return Task.CompletedTask;
    });

    [Fact]
    public Task A_refusal_that_nobody_waits_for_costs_nothing() => AssertQuietAsync(static async (ours, peer) =>
    {
        peer.Dispose();
        await ours.SendAsync(new byte[1]);
        await NextTurn();
    });

    [Fact]
    public Task A_refusal_that_meets_the_poll_of_a_cancelled_receive_costs_nothing() => AssertQuietAsync(static async (ours, peer) =>
    {
        using var cancellation = new CancellationTokenSource();
        ValueTask<UdpReceived> receiving = ours.ReceiveAsync(new byte[1], cancellation.Token);
        await NextTurn();
        cancellation.Cancel();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await receiving);
        peer.Dispose();
        await ours.SendAsync(new byte[1]);
        await NextTurn();
    });

    private async Task AssertQuietAsync(Func<UdpSocket, Socket, Task> prepare)
    {
        using Socket peer = UdpPeers.Bind();
        UdpSocket ours = null!;
        int thread = 0;
        await OnShard(async () =>
        {
            thread = ProcessState.CurrentThread();
            ours = UdpSocket.Connect(peer.Address());
            await prepare(ours, peer);
        });

        // First it comes to rest; what follows is a measurement, in which nothing is to happen.
        long turns = -1;
        await Eventually.IsTrueAsync(
            () => Shard.GetStatistics().Turns is var now && now == Interlocked.Exchange(ref turns, now),
            "two looks in a row find the same turn",
            Eventually.Promptly);
        turns = Shard.GetStatistics().Turns;
        long cpu = ProcessState.CpuTimeOf(thread);
        await Task.Delay(s_watch);

        Assert.InRange(Shard.GetStatistics().Turns - turns, 0, 10);
        Assert.InRange(ProcessState.CpuTimeOf(thread) - cpu, 0, s_watch.TotalNanoseconds / 10);
        await Shard.InvokeAsync(ours.Dispose);
    }

    private static async Task SwallowAsync(UdpSocket socket)
    {
        try
        {
            await socket.ReceiveAsync(new byte[16]);
        }
        catch (SocketException)
        {
            // It ends with the test.
        }
    }
}
