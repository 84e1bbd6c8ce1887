using System.Net;
using Reactor.Net;
using Reactor.Samples.Common;

namespace Reactor.Samples.Echo;

/// <summary>Sends back what it receives.</summary>
internal sealed class EchoServer : SampleServer
{
    private const int BufferSize = 16 * 1024;

    // Written by the one shard, read by the live line.
    private long _echoes;
    private TcpServer? _server;

    public override IPEndPoint EndPoint => _server!.EndPoint;

    public override string Scheme => "tcp";

    public override long Requests => Volatile.Read(ref _echoes);

    public override long Connections => _server!.GetStatistics().Active;

    internal static async Task<SampleServer> StartAsync(ReactorHost host, ServerArguments arguments)
    {
        var echo = new EchoServer();
        echo._server = await TcpServer.StartAsync(host, arguments.EndPoint, echo.ServeAsync);
        return echo;
    }

    public override Task StopAsync(CancellationToken deadline) => _server!.StopAsync(deadline);

    private async Task ServeAsync(TcpConnection connection, CancellationToken stopping)
    {
        // When the server stops, what has arrived is still echoed, and then the connection ends as if the peer had.
        using CancellationTokenRegistration registration = stopping.UnsafeRegister(static connection => ((TcpConnection)connection!).ShutdownReceive(), connection);

        byte[] buffer = GC.AllocateUninitializedArray<byte>(BufferSize);
        while (await connection.ReceiveAsync(buffer) is var received and > 0)
        {
            await connection.SendAsync(buffer.AsMemory(0, received));
            _echoes++;
        }
    }
}
