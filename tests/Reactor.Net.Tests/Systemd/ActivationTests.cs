using System.Net;
using System.Net.Sockets;

namespace Reactor.Net.Tests.Systemd;

/// <summary>A whole process that is given its socket, as systemd gives it. Nothing else is started meanwhile, which would inherit the socket too.</summary>
[Collection(Alone.Name)]
public sealed class ActivationTests
{
    [Fact]
    public async Task A_service_serves_the_client_that_came_before_it_and_leaves_the_next_to_its_successor()
    {
        using var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(Peers.AnyLoopbackPort);
        listener.Listen();
        for (int i = 0; i < 2; i++)
        {
            // It comes when there is nobody who would accept it.
            using Socket peer = await Peers.ConnectAsync((IPEndPoint)listener.LocalEndPoint!);
            await peer.SendAllAsync("ping"u8.ToArray());

            // The service ends when its first connection has.
            Task<(int ExitCode, string Output)> service = ColdProcess.RunActivatedAsync(listener.SafeHandle);
            Task<byte[]> echo = peer.ReceiveExactlyAsync(4);
            if (await Task.WhenAny(echo, service) == echo)
            {
                Assert.Equal("ping"u8.ToArray(), await echo);
                peer.ShutdownSend();
            }

            (int exitCode, string output) = await service;
            Assert.True(exitCode == 0, output);
        }
    }
}
