using System.Net.Sockets;

namespace Reactor.Net.Tests.Pipelines;

/// <summary>A server counts a connection until what its handler has flushed is on its way.</summary>
public sealed class PipeServerTests() : ServerTest(1, ConnectionDistribution.ReusePort)
{
    private static readonly byte[] s_answer = Payload.Random(1_000_000);

    [Fact]
    public async Task What_a_handler_has_flushed_before_it_returns_arrives_and_then_FIN()
    {
        await using TcpServer server = await StartAsync(AnswerAsync, Narrow());
        using Socket peer = await ConnectAsync(server);

        Assert.Equal(s_answer, await peer.ReceiveToEndAsync());
        await Eventually.IsEqualAsync(0, () => server.GetStatistics().Active, "active connections");
        Assert.Equal(0, server.GetStatistics().ConnectionFailures);
        await AssertHoldsOnlyItsListenerAsync();
    }

    [Fact]
    public async Task A_stop_waits_until_it_has_arrived()
    {
        TcpServer server = await StartAsync(AnswerAsync, Narrow());
        using Socket peer = await ConnectAsync(server);
        await IsDrainingAsync(server);

        Task stopping = server.StopAsync();
        Assert.False(stopping.IsCompleted);
        byte[] received = await peer.ReceiveToEndAsync();

        await stopping.WaitAsync(Eventually.Promptly);
        Assert.Equal(s_answer, received);
        await AssertNothingIsLeftAsync();
    }

    [Fact]
    public async Task The_deadline_of_a_stop_resets_who_does_not_take_it_and_counts_that()
    {
        TcpServerOptions options = Narrow();
        options.DrainTimeout = TimeSpan.FromMilliseconds(50);
        TcpServer server = await StartAsync(AnswerAsync, options);
        using Socket peer = await ConnectAsync(server);
        await IsDrainingAsync(server);

        await server.DisposeAsync().AsTask().WaitAsync(Eventually.Promptly);

        await peer.AssertSeesResetAsync();
        Assert.Equal((0, 1), (server.GetStatistics().Active, server.GetStatistics().ConnectionFailures));
        await AssertNothingIsLeftAsync();
    }

    [Fact]
    public async Task A_client_that_resets_before_it_has_taken_everything_is_counted()
    {
        await using TcpServer server = await StartAsync(AnswerAsync, Narrow());
        Socket peer = await ConnectAsync(server);
        await IsDrainingAsync(server);

        peer.Reset();

        await Eventually.IsEqualAsync((0, 1), () => (server.GetStatistics().Active, server.GetStatistics().ConnectionFailures), "active and failed connections");
        await AssertHoldsOnlyItsListenerAsync();
    }

    [Fact]
    public async Task The_place_of_a_connection_is_free_when_it_has_sent_everything_and_not_before()
    {
        TcpServerOptions options = Narrow();
        options.MaxConnections = 1;
        await using TcpServer server = await StartAsync(AnswerAsync, options);
        using Socket first = await ConnectAsync(server);
        await IsDrainingAsync(server);
        using Socket second = await ConnectAsync(server);
        await AwaitShardsAsync();
        Assert.Equal(1, server.GetStatistics().Accepted);

        Assert.Equal(s_answer, await first.ReceiveToEndAsync());

        Assert.Equal(s_answer, await second.ReceiveToEndAsync());
    }

    private static async Task AnswerAsync(TcpConnection connection)
    {
        ConnectionPipe pipe = connection.AsPipe(new ConnectionPipeOptions { PauseWriterThreshold = 2 * s_answer.Length });
        await pipe.Output.WriteAsync(s_answer);
    }

    private static TcpServerOptions Narrow() => new() { Listener = { Connection = { SendBufferSize = 4_096 } } };

    private static Task<Socket> ConnectAsync(TcpServer server) => Peers.ConnectAsync(server.EndPoint, static peer => peer.ReceiveBufferSize = 4_096);

    /// <summary>The handler has returned, and the answer is too large to be gone.</summary>
    private async Task IsDrainingAsync(TcpServer server)
    {
        await Eventually.IsEqualAsync(1, () => server.GetStatistics().Accepted, "accepted connections");
        await AwaitShardsAsync();
        Assert.Equal(1, server.GetStatistics().Active);
    }

    private Task AssertHoldsOnlyItsListenerAsync() => Eventually.IsTrueAsync(() => Shard.HoldsOnly(2), "the shard holds its wake-up and the listener");
}
