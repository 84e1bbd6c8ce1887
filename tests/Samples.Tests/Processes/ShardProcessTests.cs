using System.Net;
using Reactor.Samples.Tests.Http.Server;

namespace Reactor.Samples.Tests.Processes;

/// <summary>Samples on several shards, as a user starts them. Overprovisioned, because the machine may have one CPU.</summary>
public sealed class ShardProcessTests
{
    private const string Request = "GET /plaintext HTTP/1.1\r\nHost: h\r\n\r\n";

    [Theory]
    [InlineData("reuseport")]
    [InlineData("leastconnections")]
    public void Connections_are_spread_and_the_summary_says_how(string distribution)
    {
        using SampleProcess sample = SampleProcess.Serve("Http", "--shards", "2", "--overprovisioned", "--distribution", distribution);
        RawClient[] clients = [.. Enumerable.Range(0, 100).Select(_ => new RawClient(sample.EndPoint))];
        foreach (RawClient client in clients)
        {
            Assert.Equal(200, client.Ask(Request).Status);
            Assert.Equal(200, client.Ask(Request).Status);
        }

        IReadOnlyList<(int Accepted, int Requests)> summary = Stop(sample);

        Assert.Equal((100, 200), (summary.Sum(shard => shard.Accepted), summary.Sum(shard => shard.Requests)));
        Assert.All(summary, shard => Assert.Equal(2 * shard.Accepted, shard.Requests));
        Assert.Equal(2, summary.Count);
        if (distribution == "leastconnections")
        {
            Assert.All(summary, shard => Assert.Equal(50, shard.Accepted));
        }

        Assert.DoesNotContain(summary, shard => shard.Accepted == 0);
        Array.ForEach(clients, client => client.Dispose());
    }

    [Fact]
    public void The_echo_server_spreads_them_too()
    {
        using SampleProcess sample = SampleProcess.Serve("Echo", "--shards", "2", "--overprovisioned", "--distribution", "leastconnections");
        RawClient[] clients = [.. Enumerable.Range(0, 10).Select(_ => new RawClient(sample.EndPoint))];
        foreach (RawClient client in clients)
        {
            client.Send("x");
            client.ReadExactly(new byte[1]);
        }

        Assert.Equal([(5, 5), (5, 5)], Stop(sample));
        Array.ForEach(clients, client => client.Dispose());
    }

    [Fact]
    public void A_client_may_choose_its_shard()
    {
        using SampleProcess sample = SampleProcess.Serve("Http", "--shards", "3", "--overprovisioned", "--distribution", "clientport");
        int[] chosen = new int[3];
        for (int i = 0; i < 10; i++)
        {
            using var client = new RawClient(sample.EndPoint);
            Assert.Equal(200, client.Ask(Request).Status);
            chosen[((IPEndPoint)client.Socket.LocalEndPoint!).Port % 3]++;
        }

        Assert.Equal(chosen, Stop(sample).Select(shard => shard.Accepted));
    }

    [Fact]
    public void By_default_there_is_a_shard_for_each_CPU()
    {
        using SampleProcess sample = SampleProcess.Serve("Http", "--cpus", ReactorThread.OwnCpus, "--distribution", "incomingcpu");
        using var client = new RawClient(sample.EndPoint);
        Assert.Equal(200, client.Ask(Request).Status);

        IReadOnlyList<(int Accepted, int Requests)> summary = Stop(sample);

        Assert.Equal((ReactorThread.OwnCpuCount, 1), (summary.Count, summary.Sum(shard => shard.Requests)));
    }

    [Fact]
    public void Beyond_the_most_connections_clients_wait_for_the_end_of_another()
    {
        using SampleProcess sample = SampleProcess.Serve("Http", "--shards", "2", "--overprovisioned", "--max-connections", "1");
        using var first = new RawClient(sample.EndPoint);
        Assert.Equal(200, first.Ask(Request).Status);
        using var second = new RawClient(sample.EndPoint);
        second.Send(Request);
        Assert.Equal(200, first.Ask(Request).Status);
        Assert.Equal(0, second.Socket.Available);

        first.Finish();

        Assert.Equal(200, second.Read().Status);
    }

    [Theory]
    [InlineData("0")]
    [InlineData("50")]
    [InlineData("-1")]
    public void However_long_it_looks_for_news_it_serves(string microseconds)
    {
        using SampleProcess sample = SampleProcess.Serve("Http", "--shards", "1", "--idle-poll", microseconds);
        using var client = new RawClient(sample.EndPoint);
        Assert.Equal(200, client.Ask(Request).Status);
        Assert.Single(Stop(sample));
    }

    [Fact]
    public void What_the_reactor_has_to_tell_goes_to_the_standard_error_stream()
    {
        using SampleProcess sample = SampleProcess.Serve("Http", "--shards", "2", "--overprovisioned");
        Eventually.Until(() => sample.Error.Contains("shard 1 polls through", StringComparison.Ordinal), "a line for each shard");
        Assert.Contains("reactor: 2 shards", sample.Error, StringComparison.Ordinal);
        Assert.Equal("", sample.Complaints);
    }

    private static IReadOnlyList<(int Accepted, int Requests)> Stop(SampleProcess sample)
    {
        sample.Signal(SampleProcess.SIGTERM);
        Assert.Equal(0, sample.WaitForExit());
        Assert.Equal("", sample.Complaints);
        return sample.Summary;
    }
}
