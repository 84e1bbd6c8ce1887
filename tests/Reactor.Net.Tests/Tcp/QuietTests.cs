using System.Net.Sockets;

namespace Reactor.Net.Tests.Tcp;

/// <summary>A shard with nothing to do sleeps, whatever has happened to the connections that it still holds.</summary>
[Collection(Alone.Name)]
public sealed class QuietTests : ShardTest
{
    /// <summary>How long a shard is watched. A loop that spins makes 100,000 turns in that time.</summary>
    private static readonly TimeSpan s_watch = TimeSpan.FromMilliseconds(300);

    [Fact]
    public Task An_idle_connection_costs_nothing() => AssertQuietAsync(_ => Task.CompletedTask);

    [Fact]
    public Task An_armed_receive_costs_nothing() => AssertQuietAsync(pair =>
    {
        _ = SwallowAsync(pair.Ours.ReceiveAsync(new byte[16]));
        return Task.CompletedTask;
    });

    [Fact]
    public Task Unread_data_costs_nothing() => AssertQuietAsync(pair => pair.Peer.SendAllAsync(new byte[1_000]));

    [Fact]
    public Task A_connection_that_the_peer_has_finished_costs_nothing() => AssertQuietAsync(async pair =>
    {
        pair.Peer.ShutdownSend();
        Assert.Equal(0, await pair.Ours.ReceiveAsync(new byte[16]));
    });

    [Fact]
    public Task A_connection_that_the_peer_has_reset_costs_nothing() => AssertQuietAsync(async pair =>
    {
        ValueTask<int> receiving = pair.Ours.ReceiveAsync(new byte[16]);
        await NextTurn();
        pair.Peer.Reset();
        await Assert.ThrowsAsync<SocketException>(async () => await receiving);
    });

    [Fact]
    public Task A_reset_that_nobody_waits_for_costs_nothing() => AssertQuietAsync(async pair =>
    {
        pair.Peer.Reset();
        await NextTurn();
    });

    [Fact]
    public Task A_reset_that_meets_the_poll_of_a_cancelled_receive_costs_nothing() => AssertQuietAsync(async pair =>
    {
        using var cancellation = new CancellationTokenSource();
        ValueTask<int> receiving = pair.Ours.ReceiveAsync(new byte[16], cancellation.Token);
        await NextTurn();
        cancellation.Cancel();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await receiving);
        pair.Peer.Reset();
        await NextTurn();
    });

    [Fact]
    public Task Urgent_data_under_an_armed_receive_costs_nothing() => AssertQuietAsync(async pair =>
    {
        _ = SwallowAsync(pair.Ours.ReceiveAsync(new byte[16]));
        await NextTurn();
        pair.Peer.Send("!"u8, SocketFlags.OutOfBand);
        await NextTurn();
    });

    [Fact]
    public Task A_proxy_header_of_which_a_part_has_come_costs_nothing() => AssertQuietAsync(async pair =>
    {
        _ = SwallowAsync(ReceiveAsync(pair.Ours));
        await NextTurn();
        await pair.Peer.SendAllAsync("PROXY TCP4"u8.ToArray());

        static async ValueTask<int> ReceiveAsync(TcpConnection connection)
        {
            await ProxyHeader.ReceiveAsync(connection, new ProxyProtocolOptions { Timeout = Timeout.InfiniteTimeSpan });
            return 0;
        }
    });

    [Fact]
    public Task A_peer_that_does_not_read_costs_nothing() => AssertQuietAsync(async pair =>
    {
        _ = SwallowAsync(SendAsync(pair.Ours));
        await NextTurn();

        static async ValueTask<int> SendAsync(TcpConnection connection)
        {
            await connection.SendAsync(new byte[20_000_000]);
            return 0;
        }
    });

    private async Task AssertQuietAsync(Func<Pair, Task> prepare)
    {
        Pair pair = null!;
        int thread = 0;
        await OnShard(async () =>
        {
            thread = ProcessState.CurrentThread();
            pair = await Pair.AcceptAsync();
            await prepare(pair);
        });
        try
        {
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
        }
        finally
        {
            await OnShard(() =>
            {
                pair.Dispose();
                return Task.CompletedTask;
            });
        }
    }

    private static async Task SwallowAsync(ValueTask<int> operation)
    {
        try
        {
            await operation;
        }
        catch (SocketException)
        {
            // It ends with the test.
        }
    }
}
