using System.Diagnostics;
using System.Net;
using Reactor;
using Reactor.Bench.Throughput.Load;
using Reactor.Bench.Throughput.Load.Generator;
using Reactor.Net;

namespace Throughput.Tests;

public sealed class LoadGeneratorTests
{
    private static readonly TimeSpan s_time = TimeSpan.FromSeconds(1);
    private static readonly LoadSettings s_echo = new() { Protocol = Protocol.Echo, Connections = 8, PayloadBytes = 100 };

    [Theory]
    [InlineData(1)]
    [InlineData(16)]
    public async Task It_counts_what_the_server_has_answered(int pipeline)
    {
        long bytes = 0;
        var (result, _) = await RunAsync(s_echo with { Pipeline = pipeline }, async connection =>
        {
            byte[] buffer = new byte[4096];
            while (await connection.ReceiveAsync(buffer) is var received and > 0)
            {
                bytes += received;
                await connection.SendAsync(buffer.AsMemory(0, received));
            }
        });

        Assert.Empty(result.Errors);
        Assert.InRange(result.Requests, 1, result.AllRequests);

        // At the end each connection may have one batch under way.
        Assert.InRange((bytes / s_echo.PayloadBytes) - result.AllRequests, 0, s_echo.Connections * pipeline);
        Assert.Equal(result.Requests * s_echo.PayloadBytes, result.BytesRead, tolerance: s_echo.Connections * pipeline * s_echo.PayloadBytes);
        Assert.InRange(result.Latency!.P50, 0.1, result.Latency.Max);
    }

    [Fact]
    public async Task With_a_rate_it_sends_so_many_and_no_more()
    {
        var (result, _) = await RunAsync(s_echo with { Rate = 400 }, EchoAsync);

        Assert.Empty(result.Errors);
        Assert.InRange(result.Requests / result.Seconds, 1, 440);
    }

    /// <summary>A server that does nothing for most of the time: only if requests count from when they were due does most of them come out late.</summary>
    [Fact]
    public async Task With_a_rate_a_pause_of_the_server_makes_all_requests_late_that_were_due_in_it()
    {
        var (result, _) = await RunAsync(s_echo with { Connections = 1, Rate = 1_000 }, async connection =>
        {
            byte[] buffer = new byte[4096];
            for (int echoes = 0; await connection.ReceiveAsync(buffer) is var received and > 0; echoes++)
            {
                if (echoes % 100 == 99)
                {
                    await Shard.Delay(TimeSpan.FromMilliseconds(90));
                }

                await connection.SendAsync(buffer.AsMemory(0, received));
            }
        });

        // Of each hundred requests one meets the pause, and nearly ninety more are due in it: the median is late, not the last percent alone.
        Assert.Empty(result.Errors);
        Assert.True(result.Latency!.P50 > 5_000, $"The median is {result.Latency.P50} µs.");
    }

    [Fact]
    public async Task Connections_that_end_are_followed_by_others()
    {
        var (result, accepted) = await RunAsync(s_echo with { RequestsPerConnection = 2 }, EchoAsync);

        Assert.Empty(result.Errors);
        Assert.InRange(accepted, result.AllRequests / 2, (result.AllRequests / 2) + s_echo.Connections);
    }

    [Fact]
    public async Task A_server_that_closes_is_an_error_in_words()
    {
        var (result, _) = await RunAsync(s_echo, _ => Task.CompletedTask);

        Assert.Contains("closed a connection before it had answered", result.Errors, StringComparison.Ordinal);
        Assert.Equal(0, result.Requests);
    }

    [Fact]
    public async Task A_server_that_is_not_there_is_an_error_and_soon()
    {
        var since = Stopwatch.StartNew();

        // A privileged port, on which nothing listens here.
        var result = await LoadGenerator.RunAsync(null, new IPEndPoint(IPAddress.Loopback, 1), s_echo, TimeSpan.FromMinutes(5), TimeSpan.FromMinutes(5), () => { });

        Assert.NotEmpty(result.Errors);
        Assert.True(since.Elapsed < TimeSpan.FromMinutes(1));
    }

    private static async Task<(LoadResult Result, long Accepted)> RunAsync(LoadSettings settings, Func<TcpConnection, Task> serve)
    {
        await using var host = ReactorHost.Start(new ReactorOptions { Shards = 1, StallThreshold = Timeout.InfiniteTimeSpan });
        await using var server = await TcpServer.StartAsync(host, new IPEndPoint(IPAddress.Loopback, 0), serve);
        var result = await LoadGenerator.RunAsync(null, server.EndPoint, settings, TimeSpan.FromMilliseconds(100), s_time, () => { });
        return (result, server.GetShardStatistics().Sum(shard => shard.Accepted));
    }

    private static async Task EchoAsync(TcpConnection connection)
    {
        byte[] buffer = new byte[4096];
        while (await connection.ReceiveAsync(buffer) is var received and > 0)
        {
            await connection.SendAsync(buffer.AsMemory(0, received));
        }
    }
}
