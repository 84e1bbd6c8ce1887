using System.Net;
using System.Net.Sockets;
using Microsoft.Win32.SafeHandles;

namespace Reactor.Net.Tests.Server;

/// <summary>Out of file descriptors. The limit is the whole process's, so that this runs alone and puts it back.</summary>
[Collection(Alone.Name)]
public sealed class DescriptorExhaustionTests : ShardTest
{
    protected override int ShardCount => 2;

    [Fact]
    public async Task Accepting_pauses_when_no_descriptor_is_left_and_resumes_when_there_is_one()
    {
        TcpServer server = await TcpServer.StartAsync(Host, Peers.AnyLoopbackPort, Handlers.EchoAsync);
        using Socket before = await WarmUpAsync(server);

        // So many that some wait on either shard.
        Socket[] waiting = [.. Enumerable.Range(0, 40).Select(_ => Peers.Create(server.EndPoint))];
        using (new DescriptorExhaustion())
        {
            foreach (Socket peer in waiting)
            {
                // The kernel completes the handshake; nobody can accept.
                peer.Connect(server.EndPoint);
            }

            // More than one pause of each: the error comes again, and is not reported again.
            await Eventually.IsTrueAsync(() => server.GetShardStatistics().All(shard => shard.AcceptErrors >= 3), "accepting fails and is tried again", Eventually.Promptly);
            await Eventually.IsTrueAsync(() => Host.Shards.All(shard => shard.GetStatistics().AcceptErrors >= 3), "the shards count it");
            await Handlers.AssertEchoesAsync(before, "served all the same");
            Assert.Equal(1, server.GetStatistics().Accepted);
        }

        await Task.WhenAll(waiting.Select(peer => Handlers.AssertEchoesAsync(peer)));
        Assert.Equal((41, 41), (server.GetStatistics().Accepted, server.GetStatistics().Active));
        SocketException exception = Assert.IsType<SocketException>(Assert.Single(TakeUnhandled()));
        Assert.Equal(SocketError.TooManyOpenSockets, exception.SocketErrorCode);
        Assert.Contains("ulimit -n", exception.Message, StringComparison.Ordinal);
        Array.ForEach(waiting, peer => peer.Dispose());
        before.Dispose();
        await server.StopAsync().WaitAsync(Eventually.Promptly);
    }

    [Fact]
    public async Task A_server_that_is_out_of_descriptors_can_be_stopped()
    {
        TcpServer server = await TcpServer.StartAsync(Host, Peers.AnyLoopbackPort, Handlers.EchoAsync);
        using Socket before = await WarmUpAsync(server);
        using Socket waiting = Peers.Create(server.EndPoint);
        using (new DescriptorExhaustion())
        {
            waiting.Connect(server.EndPoint);
            await Eventually.IsTrueAsync(() => server.GetStatistics().AcceptErrors >= 1, "accepting fails", Eventually.Promptly);
            await server.StopAsync(new CancellationToken(true)).WaitAsync(Eventually.Promptly);
        }

        await waiting.AssertSeesResetAsync();
        Assert.Single(TakeUnhandled());
        await Eventually.IsTrueAsync(() => Host.Shards.All(shard => shard.HoldsOnly(1)), "the shards hold nothing but their wake-ups");
    }

    [Fact]
    public async Task A_start_that_fails_at_the_second_listener_takes_the_first_one_back()
    {
        TcpServer rehearsal = await TcpServer.StartAsync(Host, Peers.AnyLoopbackPort, Handlers.EchoAsync);
        IPEndPoint endPoint = rehearsal.EndPoint;
        (await WarmUpAsync(rehearsal)).Dispose();
        await rehearsal.StopAsync().WaitAsync(Eventually.Promptly);
        Exception? failure;
        using (var exhaustion = new DescriptorExhaustion())
        {
            exhaustion.Free(1);
            failure = await Record.ExceptionAsync(() => TcpServer.StartAsync(Host, endPoint, Handlers.EchoAsync));
        }

        Assert.Equal(SocketError.TooManyOpenSockets, Assert.IsType<SocketException>(failure).SocketErrorCode);
        Assert.All(Host.Shards, shard => Assert.True(shard.HoldsOnly(1)));
        await using TcpServer server = await TcpServer.StartAsync(Host, endPoint, Handlers.EchoAsync);
        using Socket peer = await Peers.ConnectAsync(endPoint);
        await Handlers.AssertEchoesAsync(peer);
    }

    [Fact]
    public async Task A_limit_that_was_raised_after_the_start_is_used()
    {
        ulong limit = ProcessState.LimitDescriptors(512);
        TcpServer server;
        try
        {
            server = await TcpServer.StartAsync(Host, Peers.AnyLoopbackPort, Handlers.EchoAsync);
        }
        finally
        {
            ProcessState.LimitDescriptors(limit);
        }

        SafeFileHandle[] fillers = [.. Enumerable.Range(0, 600).Select(_ => File.OpenHandle("/dev/null"))];
        Socket[] peers = await Task.WhenAll(Enumerable.Range(0, 5).Select(_ => Peers.ConnectAsync(server.EndPoint)));

        Exception? failure = await Record.ExceptionAsync(() => Eventually.IsEqualAsync(5, () => server.GetStatistics().Accepted, "accepted connections", Eventually.Promptly));

        Array.ForEach(peers, peer => peer.Dispose());
        Array.ForEach(fillers, filler => filler.Dispose());
        await server.StopAsync(new CancellationToken(true)).WaitAsync(Eventually.Promptly);
        Assert.Null(failure);
    }

    [Fact]
    public async Task A_server_whose_first_mishap_is_the_lack_of_descriptors_accepts_again_when_there_are_some()
    {
        // Then the runtime can start no thread, not even that of its timers, and load no assembly.
        (int exitCode, string output) = await ColdProcess.RunOutOfDescriptorsAsync();

        Assert.True(exitCode == 0, output);
    }

    /// <summary>
    /// Does once what the test needs later: assemblies that are loaded, and threads that are started, only when no
    /// descriptor is left would fail for want of one, in the peers as in the test's own machinery.
    /// </summary>
    private async Task<Socket> WarmUpAsync(TcpServer server)
    {
        Socket peer = Peers.Create(server.EndPoint);
        peer.Connect(server.EndPoint);
        await Handlers.AssertEchoesAsync(peer);
        Shard.Post(() => throw SocketErrors.From("rehearse", Tmds.Linux.LibC.EMFILE));
        await Eventually.IsEqualAsync(1, () => UnhandledCount, "reported exceptions");
        Assert.Single(TakeUnhandled());
        await Task.WhenAll(Enumerable.Range(0, 16).Select(_ => Task.Run(() => Thread.Sleep(5))));
        return peer;
    }
}
