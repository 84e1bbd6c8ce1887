using System.Net.Security;
using System.Security.Authentication;

namespace Reactor.Net.Tests.Pipelines;

/// <summary>SslStream on our streams, as a server and as a client.</summary>
public class TlsTests : ShardTest
{
    protected override int ShardCount => 2;

    [Theory]
    [InlineData(1)]
    [InlineData(5_000)]
    [InlineData(1_000_000)]
    public async Task An_echo_over_TLS_1_3_returns_what_was_sent_and_stays_on_its_shard(int length)
    {
        await using TcpServer server = await TcpServer.StartAsync(Host, Peers.AnyLoopbackPort, EchoAsync);
        byte[] bytes = Payload.Random(length);

        byte[] echo = await Shard.InvokeAsync(async () =>
        {
            using TcpConnection connection = await TcpConnector.ConnectAsync(server.EndPoint);
            await using SslStream tls = await ConnectAsync(connection);
            byte[] received = new byte[length];
            Task sending = SendAsync(tls, bytes);
            await tls.ReadExactlyAsync(received);
            Assert.Same(Shard, Shard.Current);
            await sending;
            Assert.Same(Shard, Shard.Current);
            await tls.ShutdownAsync();
            return received;
        }).AsTask().WaitAsync(Eventually.Patience);

        Assert.Equal(bytes, echo);
    }

    internal static async Task<SslStream> ConnectAsync(TcpConnection connection)
    {
        var tls = new SslStream(connection.AsStream());
        await tls.AuthenticateAsClientAsync(new SslClientAuthenticationOptions
        {
            TargetHost = Certificates.Host,
            EnabledSslProtocols = SslProtocols.Tls13,
            RemoteCertificateValidationCallback = (_, certificate, _, _) => certificate!.GetCertHashString() == Certificates.Server.GetCertHashString(),
        });
        Assert.Equal(SslProtocols.Tls13, tls.SslProtocol);
        return tls;
    }

    internal static async Task<SslStream> AcceptAsync(TcpConnection connection)
    {
        var tls = new SslStream(connection.AsStream());
        await tls.AuthenticateAsServerAsync(new SslServerAuthenticationOptions
        {
            ServerCertificate = Certificates.Server,
            EnabledSslProtocols = SslProtocols.Tls13,
        });
        return tls;
    }

    internal static async Task EchoAsync(TcpConnection connection)
    {
        await using SslStream tls = await AcceptAsync(connection);
        Assert.Same(connection.Shard, Shard.Current);
        byte[] buffer = new byte[16 * 1_024];
        while (await tls.ReadAsync(buffer) is var received and > 0)
        {
            Assert.Same(connection.Shard, Shard.Current);
            await tls.WriteAsync(buffer.AsMemory(0, received));
            Assert.Same(connection.Shard, Shard.Current);
        }

        await tls.ShutdownAsync();
    }

    private static async Task SendAsync(SslStream tls, byte[] bytes)
    {
        await tls.WriteAsync(bytes);
        await tls.FlushAsync();
    }
}

/// <summary>The same where nothing but our own futures keeps code on its shard.</summary>
public sealed class TlsWithoutContextTests : TlsTests
{
    protected override bool UseSynchronizationContext => false;
}
