using System.Net.Sockets;

namespace Reactor.Net.Tests.Server;

public sealed class SchedulingGroupOnOneShardTests() : SchedulingGroupTests(1, ConnectionDistribution.ReusePort);

public sealed class SchedulingGroupOnTwoShardsTests() : SchedulingGroupTests(2, ConnectionDistribution.ReusePort);

public sealed class SchedulingGroupWithOneAcceptorTests() : SchedulingGroupTests(2, ConnectionDistribution.LeastConnections);

public sealed class SchedulingGroupByClientPortTests() : SchedulingGroupTests(2, ConnectionDistribution.ClientPort);

public sealed class SchedulingGroupByIncomingCpuTests() : SchedulingGroupTests(1, ConnectionDistribution.IncomingCpu);

/// <summary>Handlers run in the server's group, on whatever shard and whenever their connection was accepted.</summary>
public abstract class SchedulingGroupTests(int shards, ConnectionDistribution distribution) : ServerTest(shards, distribution)
{
    // Not destroyed: the host, which still holds work of it, stops after the test.
    private readonly SchedulingGroup _group = SchedulingGroup.Create("server", 200);

    [Fact]
    public async Task Handlers_run_in_the_group_of_the_options()
    {
        await using TcpServer server = await StartAsync(connection => TellGroupAsync(connection, _group), new TcpServerOptions { SchedulingGroup = _group });
        await AssertAllInGroupAsync(server, 20);
    }

    [Fact]
    public async Task Without_one_handlers_run_in_the_group_of_the_code_that_started_the_server()
    {
        TcpServer server = await Host.Shards[0].InvokeAsync(async () =>
            await _group.RunAsync(async () => await StartAsync(connection => TellGroupAsync(connection, _group))));
        await AssertAllInGroupAsync(server, 20);
        await server.DisposeAsync();
    }

    [Fact]
    public async Task Started_by_no_shard_handlers_run_in_the_default_group()
    {
        await using TcpServer server = await StartAsync(connection => TellGroupAsync(connection, SchedulingGroup.Default));
        await AssertAllInGroupAsync(server, 20);
    }

    [Fact]
    public async Task The_options_go_before_the_group_of_the_code_that_started_the_server()
    {
        TcpServer server = await Host.Shards[0].InvokeAsync(async () =>
            await _group.RunAsync(async () => await StartAsync(connection => TellGroupAsync(connection, SchedulingGroup.Default), new TcpServerOptions { SchedulingGroup = SchedulingGroup.Default })));
        await AssertAllInGroupAsync(server, 10);
        await server.DisposeAsync();
    }

    /// <remarks>The place that a client waits for comes from a handler that ends, in whatever group, on whatever shard.</remarks>
    [Fact]
    public async Task After_a_pause_for_want_of_places_handlers_run_in_the_group_too()
    {
        await using TcpServer server = await StartAsync(
            async connection =>
            {
                await TellGroupAsync(connection, _group);

                // Ends, and gives its place back, in another group than it began.
                await SchedulingGroup.Default.RunAsync(static () => Task.Delay(1)).ConfigureAwait(false);
            },
            new TcpServerOptions { SchedulingGroup = _group, MaxConnections = 2 });
        await AssertAllInGroupAsync(server, 30);
        Assert.True(server.GetStatistics().LimitPauses > 0);
    }

    [Fact]
    public async Task When_the_group_is_destroyed_connections_are_served_in_the_default_group()
    {
        SchedulingGroup fleeting = SchedulingGroup.Create("fleeting", 100);
        await using TcpServer server = await StartAsync(connection => TellGroupAsync(connection, SchedulingGroup.Default), new TcpServerOptions { SchedulingGroup = fleeting });
        await Eventually.IsTrueAsync(
            () =>
            {
                try
                {
                    fleeting.Destroy();
                    return true;
                }
                catch (InvalidOperationException)
                {
                    return false;
                }
            },
            "nothing of the group is queued");
        await AssertAllInGroupAsync(server, 10);
    }

    /// <summary>Tells the peer whether all of the handler ran in the group.</summary>
    private static async Task TellGroupAsync(TcpConnection connection, SchedulingGroup expected)
    {
        bool isRight = SchedulingGroup.Current == expected;
        byte[] buffer = new byte[1];
        await connection.ReceiveAsync(buffer);
        isRight &= SchedulingGroup.Current == expected;
        await Task.Yield();
        isRight &= SchedulingGroup.Current == expected;
        await connection.SendAsync(new[] { isRight ? (byte)1 : (byte)0 });
        isRight &= SchedulingGroup.Current == expected;
        await connection.ReceiveAsync(buffer);
        Assert.True(isRight && SchedulingGroup.Current == expected);
    }

    private static async Task AssertAllInGroupAsync(TcpServer server, int count)
    {
        await Task.WhenAll(Enumerable.Range(0, count).Select(async _ =>
        {
            using Socket peer = await Peers.ConnectAsync(server.EndPoint);
            await peer.SendAllAsync(new byte[1]);
            Assert.Equal([1], await peer.ReceiveExactlyAsync(1));
        }));
        await Eventually.IsTrueAsync(() => server.GetStatistics() is { Active: 0 }, "all handlers have ended");
        Assert.Equal(0, server.GetStatistics().HandlerFailures);
    }
}
