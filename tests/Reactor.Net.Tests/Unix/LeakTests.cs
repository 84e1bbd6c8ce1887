using System.Net.Sockets;

namespace Reactor.Net.Tests.Unix;

/// <summary>What the process had before, it has afterwards.</summary>
[Collection(Alone.Name)]
public sealed class LeakTests
{
    [Fact]
    public async Task Descriptors_are_back_after_everything_that_can_fail_has_failed()
    {
        await using ReactorHost host = ReactorHost.Start(Hosts.Options(1));
        await host.Shards[0].InvokeAsync(FailAsync);
        int descriptors = ProcessState.SettledDescriptorCount();
        int paths = PathDescriptors();

        for (int i = 0; i < 20; i++)
        {
            await host.Shards[0].InvokeAsync(FailAsync);
        }

        await Eventually.IsEqualAsync(descriptors, () => ProcessState.DescriptorCount, "descriptors of the process");
        await Eventually.IsEqualAsync(paths, PathDescriptors, "descriptors of directories and socket files");
        await Eventually.IsTrueAsync(() => host.Shards[0].HoldsOnly(1), "nothing is left on the shard");

        static async Task FailAsync()
        {
            using var directory = new TemporaryDirectory();
            UnixPeers.LeaveStaleFile(directory["s"]);
            using UnixConnectionListener listener = UnixConnectionListener.Listen(directory.EndPoint(), new UnixListenerOptions { Backlog = 0, File = { Mode = UnixFileMode.UserWrite } });
            Assert.Throws<SocketException>(() => UnixConnectionListener.Listen(directory.EndPoint()));
            Assert.Throws<SocketException>(() => UnixDatagramSocket.Bind(directory.EndPoint("nowhere/s")));
            await Assert.ThrowsAsync<SocketException>(async () => await UnixConnector.ConnectAsync(directory.EndPoint("absent")));
            File.WriteAllText(directory["file"], "");
            Assert.Throws<SocketException>(() => UnixConnectionListener.Listen(directory.EndPoint("file")));

            using var cancellation = new CancellationTokenSource();
            Task<UnixConnection> accepting = listener.AcceptAsync(cancellation.Token).AsTask();
            await Shard.Yield();
            cancellation.Cancel();
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => accepting);

            using UnixConnection first = await UnixConnector.ConnectAsync(directory.EndPoint());
            using ShardTimeout timeout = Shard.Timeout(TimeSpan.FromMilliseconds(5));
            await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await UnixConnector.ConnectAsync(directory.EndPoint(), null, timeout.Token));
            using UnixConnection second = await listener.AcceptAsync();

            (UnixDatagramSocket one, UnixDatagramSocket other) = UnixDatagramSocket.CreatePair();
            one.Dispose();
            other.Dispose();
        }
    }

    private static int PathDescriptors() => Directory.EnumerateFileSystemEntries("/proc/self/fd").Count(static path =>
        new FileInfo(path).LinkTarget?.StartsWith(Path.GetTempPath() + "reactor", StringComparison.Ordinal) == true);
}
