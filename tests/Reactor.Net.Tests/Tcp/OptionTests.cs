namespace Reactor.Net.Tests.Tcp;

public sealed class OptionTests : ShardTest
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public Task Accepted_connections_inherit_NoDelay(bool noDelay) => OnShard(async () =>
    {
        using Pair pair = await Pair.AcceptAsync(new TcpListenerOptions { Connection = { NoDelay = noDelay } });

        Assert.Equal(noDelay, pair.Ours.NoDelay);
    });

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public Task Accepted_connections_inherit_KeepAlive(bool keepAlive) => OnShard(async () =>
    {
        using Pair pair = await Pair.AcceptAsync(new TcpListenerOptions { Connection = { KeepAlive = keepAlive } });

        Assert.Equal(keepAlive, pair.Ours.KeepAlive);
    });

    [Fact]
    public Task Accepted_connections_inherit_the_buffer_sizes() => OnShard(async () =>
    {
        using Pair pair = await Pair.AcceptAsync(new TcpListenerOptions { Connection = { ReceiveBufferSize = 20_000, SendBufferSize = 30_000 } });

        Assert.Equal(2 * 20_000, pair.Ours.ReceiveBufferSize);
        Assert.Equal(2 * 30_000, pair.Ours.SendBufferSize);
    });

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public Task Connectors_are_set_as_the_options_say(bool on) => OnShard(async () =>
    {
        using Pair pair = await Pair.ConnectAsync(new TcpConnectionOptions { NoDelay = on, KeepAlive = on, ReceiveBufferSize = 21_000, SendBufferSize = 31_000 });

        Assert.Equal((on, on, 42_000, 62_000), (pair.Ours.NoDelay, pair.Ours.KeepAlive, pair.Ours.ReceiveBufferSize, pair.Ours.SendBufferSize));
    });

    [Fact]
    public Task By_default_small_segments_go_at_once_and_idle_peers_are_left_alone() => OnShard(async () =>
    {
        using Pair accepted = await Pair.AcceptAsync();
        using Pair connected = await Pair.ConnectAsync();

        Assert.Equal((true, false), (accepted.Ours.NoDelay, accepted.Ours.KeepAlive));
        Assert.Equal((true, false), (connected.Ours.NoDelay, connected.Ours.KeepAlive));
    });

    [Fact]
    public Task Options_can_be_changed_on_an_open_connection() => OnShard(async () =>
    {
        using Pair pair = await Pair.AcceptAsync();

        pair.Ours.NoDelay = false;
        pair.Ours.KeepAlive = true;
        pair.Ours.ReceiveBufferSize = 22_000;
        pair.Ours.SendBufferSize = 32_000;

        Assert.Equal((false, true, 44_000, 64_000), (pair.Ours.NoDelay, pair.Ours.KeepAlive, pair.Ours.ReceiveBufferSize, pair.Ours.SendBufferSize));
    });
}
