using System.Net.Sockets;
using System.Runtime.CompilerServices;
using Reactor.Kernel;
using Tmds.Linux;
using Xunit.Abstractions;

namespace Reactor.Net.Tests.Server;

/// <summary>What an idle connection costs, its handler's waiting included; the kernel's own part of a socket is not ours.</summary>
[Collection(Alone.Name)]
public sealed class MemoryTests(ITestOutputHelper output) : ServerTest(1, ConnectionDistribution.ReusePort)
{
    private const int Connections = 1_500;

    /// <summary>The two iocbs of its entry in the shard's table; there is no other native memory for a connection.</summary>
    private static readonly int s_nativeBytes = 2 * Unsafe.SizeOf<iocb>();

    [Fact]
    public async Task An_idle_connection_costs_less_than_a_KiB()
    {
        await using TcpServer server = await StartAsync(static async connection => await connection.WaitToReceiveAsync());
        int[] warmUp = await ConnectAsync(server, 100);
        long before = GC.GetTotalMemory(forceFullCollection: true);
        int[] peers = await ConnectAsync(server, Connections);
        long after = GC.GetTotalMemory(forceFullCollection: true);

        double managed = (double)(after - before) / Connections;
        output.WriteLine($"{managed:0} B managed and {s_nativeBytes} B native for each idle connection");
        Close(peers);
        Close(warmUp);
        Assert.InRange(managed + s_nativeBytes, 1, 1_023);
    }

    /// <summary>Bare descriptors, so that the peers' side adds next to nothing to what is measured.</summary>
    private static async Task<int[]> ConnectAsync(TcpServer server, int count)
    {
        int[] peers = new int[count];
        long expected = server.GetStatistics().Accepted + count;
        for (int i = 0; i < count; i++)
        {
            peers[i] = Sockets.CreateTcp(AddressFamily.InterNetwork).OrThrow("socket");
            SysResult connect = Sockets.Connect(peers[i], NativeAddress.From(server.EndPoint));
            Assert.True(!connect.IsError || connect.Errno == LibC.EINPROGRESS, $"connect said {connect}");
        }

        await Eventually.IsTrueAsync(() => server.GetStatistics().Accepted == expected, "all are accepted");
        return peers;
    }

    private static void Close(int[] peers)
    {
        foreach (int peer in peers)
        {
            FileDescriptor.Close(peer);
        }
    }
}
