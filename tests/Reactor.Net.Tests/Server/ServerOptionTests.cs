using System.Net.Sockets;

namespace Reactor.Net.Tests.Server;

public sealed class ServerOptionTests : ShardTest
{
    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    public Task A_limit_without_room_is_refused(int most) =>
        AssertRefusedAsync(new TcpServerOptions { MaxConnections = most }, nameof(TcpServerOptions.MaxConnections), $"{most}");

    [Fact]
    public Task A_distribution_that_is_unknown_is_refused() =>
        AssertRefusedAsync(new TcpServerOptions { Distribution = (ConnectionDistribution)99 }, nameof(TcpServerOptions.Distribution), "99");

    [Theory]
    [InlineData(-10)]
    [InlineData(long.MaxValue)]
    public Task A_drain_timeout_that_cannot_be_met_is_refused(long ticks)
    {
        var timeout = new TimeSpan(ticks == -10 ? -10 * TimeSpan.TicksPerSecond : ticks);
        return AssertRefusedAsync(new TcpServerOptions { DrainTimeout = timeout }, nameof(TcpServerOptions.DrainTimeout), $"{timeout}");
    }

    [Fact]
    public async Task Changes_after_the_start_are_not_seen()
    {
        var options = new TcpServerOptions { MaxConnections = 10 };
        await using TcpServer server = await TcpServer.StartAsync(Host, Peers.AnyLoopbackPort, Handlers.EchoAsync, options);

        options.DrainTimeout = new TimeSpan(-10);
        options.MaxConnections = 0;

        using Socket peer = await Peers.ConnectAsync(server.EndPoint);
        await Handlers.AssertEchoesAsync(peer);
    }

    private async Task AssertRefusedAsync(TcpServerOptions options, string name, string value)
    {
        TcpServer? server = null;
        Exception? failure = await Record.ExceptionAsync(async () => server = await TcpServer.StartAsync(Host, Peers.AnyLoopbackPort, Handlers.EchoAsync, options));

        if (server is not null)
        {
            await server.StopAsync();
        }

        ArgumentException refusal = Assert.IsAssignableFrom<ArgumentException>(failure);
        Assert.Equal(name, refusal.ParamName);
        Assert.Contains($"{nameof(TcpServerOptions)}.{name} is {value}", refusal.Message, StringComparison.Ordinal);
        await Eventually.IsTrueAsync(() => Shard.HoldsOnly(1), "nothing was begun");
    }
}
