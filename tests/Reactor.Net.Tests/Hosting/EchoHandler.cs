namespace Reactor.Net.Tests.Hosting;

internal sealed class EchoHandler : ITcpConnectionHandler
{
    public async Task HandleAsync(TcpConnection connection, CancellationToken stopping)
    {
        Assert.Same(Shard.Current, connection.Shard);
        await Handlers.EchoAsync(connection);
    }
}
