using System.Diagnostics.CodeAnalysis;
using System.Net.Sockets;
using System.Runtime.Versioning;

namespace Reactor.Net.Tests.Unix;

[SupportedOSPlatform("linux")]
[SuppressMessage("Design", "CA1001", Justification = "DisposeAsync disposes it.")]
public sealed class SocketFileTests : ShardTest
{
    private readonly TemporaryDirectory _directory = new();

    public override async Task DisposeAsync()
    {
        await base.DisposeAsync();
        _directory.Dispose();
    }

    private string Path => _directory["s"];

    private UnixDomainSocketEndPoint EndPoint => _directory.EndPoint();

    [Fact]
    public Task The_file_is_there_as_long_as_the_listener() => Run(() =>
    {
        UnixConnectionListener listener = UnixConnectionListener.Listen(EndPoint);
        Assert.True(File.Exists(Path));

        listener.Dispose();

        Assert.False(File.Exists(Path));
    });

    [Fact]
    public Task The_file_is_removed_when_its_poll_is_armed() => OnShard(async () =>
    {
        UnixConnectionListener listener = UnixConnectionListener.Listen(EndPoint);
        Task<UnixConnection> accepting = listener.AcceptAsync().AsTask();
        await NextTurn();

        listener.Dispose();

        Assert.False(File.Exists(Path));
        await Assert.ThrowsAsync<SocketException>(() => accepting);
        using UnixConnectionListener next = UnixConnectionListener.Listen(EndPoint);
    });

    [Fact]
    public async Task The_file_is_removed_when_the_host_stops()
    {
        ReactorHost host = ReactorHost.Start(Hosts.Options(1));
        await host.Shards[0].InvokeAsync(() =>
        {
            _ = UnixConnectionListener.Listen(EndPoint);
            _ = UnixDatagramSocket.Bind(_directory.EndPoint("datagram"));
        });

        await host.StopAsync().WaitAsync(Eventually.Patience);

        Assert.Empty(Directory.EnumerateFileSystemEntries(_directory.Path));
    }

    [Fact]
    public Task A_stale_file_is_replaced() => OnShard(async () =>
    {
        UnixPeers.LeaveStaleFile(Path);

        using UnixPair pair = await UnixPair.AcceptAsync(EndPoint);

        await pair.Peer.SendAllAsync("x"u8.ToArray());
        Assert.Equal(1, await pair.Ours.ReceiveAsync(new byte[1]));
    });

    [Fact]
    public Task A_stale_file_is_replaced_whatever_kind_of_socket_it_was() => Run(() =>
    {
        UnixPeers.LeaveStaleFile(Path, SocketType.Dgram);
        UnixConnectionListener.Listen(EndPoint).Dispose();
        UnixPeers.LeaveStaleFile(Path, SocketType.Stream);
        UnixDatagramSocket.Bind(EndPoint).Dispose();
    });

    [Fact]
    public Task A_stale_file_can_be_left_to_its_owner() => Run(() =>
    {
        UnixPeers.LeaveStaleFile(Path);

        SocketException exception = AssertInUse(new UnixSocketFileOptions { ReplaceStale = false });

        Assert.Contains(nameof(UnixSocketFileOptions.ReplaceStale), exception.Message);
        Assert.True(File.Exists(Path));
    });

    [Fact]
    public Task Who_listens_is_left_alone_and_notices_nothing() => Run(() =>
    {
        using Socket other = UnixPeers.Listen(EndPoint);
        other.Blocking = false;

        Assert.Contains("a process has a socket there", AssertInUse().Message);

        Assert.Equal(SocketError.WouldBlock, Assert.Throws<SocketException>(other.Accept).SocketErrorCode);
        using Socket peer = UnixPeers.Connect(EndPoint);
    });

    [Fact]
    public Task Who_has_bound_the_path_and_does_not_listen_yet_is_left_alone() => Run(() =>
    {
        using Socket other = UnixPeers.CreateStream();
        other.Bind(EndPoint);

        AssertInUse();

        other.Listen();
        using Socket peer = UnixPeers.Connect(EndPoint);
    });

    [Fact]
    public Task A_datagram_socket_that_is_alive_is_left_alone() => Run(() =>
    {
        using Socket other = UnixPeers.BindDatagram(EndPoint);
        AssertInUse();
        using Socket elsewhere = UnixPeers.BindDatagram(_directory.EndPoint("elsewhere"));
        other.Connect(_directory.EndPoint("elsewhere"));

        AssertInUse();

        Assert.True(File.Exists(Path));
    });

    [Fact]
    public Task A_listener_of_our_own_is_left_alone() => Run(() =>
    {
        using UnixConnectionListener listener = UnixConnectionListener.Listen(EndPoint);
        AssertInUse();
        using Socket peer = UnixPeers.Connect(EndPoint);
    });

    [Fact]
    public Task What_is_no_socket_is_never_removed() => Run(() =>
    {
        File.WriteAllText(Path, "precious");
        Assert.Contains("no socket", AssertInUse().Message);
        Assert.Equal("precious", File.ReadAllText(Path));

        File.Delete(Path);
        Directory.CreateDirectory(Path);
        AssertInUse();
        Assert.True(Directory.Exists(Path));
    });

    [Fact]
    public Task A_symbolic_link_is_neither_followed_nor_removed() => Run(() =>
    {
        UnixPeers.LeaveStaleFile(_directory["stale"]);
        File.CreateSymbolicLink(Path, _directory["stale"]);

        AssertInUse();

        Assert.Equal(_directory["stale"], new FileInfo(Path).LinkTarget);
        Assert.True(File.Exists(_directory["stale"]));
    });

    [Fact]
    public Task A_file_that_somebody_else_has_put_there_is_not_removed_at_the_end() => Run(() =>
    {
        UnixConnectionListener listener = UnixConnectionListener.Listen(EndPoint);
        File.Delete(Path);
        using UnixConnectionListener successor = UnixConnectionListener.Listen(EndPoint);

        listener.Dispose();

        using Socket peer = UnixPeers.Connect(EndPoint);
    });

    [Fact]
    public Task A_file_or_a_directory_that_has_gone_is_no_error_at_the_end() => Run(() =>
    {
        Directory.CreateDirectory(_directory["d"]);
        UnixConnectionListener listener = UnixConnectionListener.Listen(_directory.EndPoint("d/s"));
        Directory.Delete(_directory["d"], recursive: true);

        listener.Dispose();
    });

    [Fact]
    public Task A_directory_that_is_not_there_is_told() => Run(() =>
    {
        SocketException exception = Assert.Throws<SocketException>(() => UnixConnectionListener.Listen(_directory.EndPoint("nowhere/s")));

        Assert.Contains("no such directory", exception.Message);
        Assert.Equal(SocketError.AddressNotAvailable, exception.SocketErrorCode);
    });

    [Theory]
    [InlineData(UnixFileMode.UserRead | UnixFileMode.UserWrite)]
    [InlineData((UnixFileMode)0b110_110_000)]
    [InlineData((UnixFileMode)0b110_110_110)]
    [InlineData((UnixFileMode)0b111_111_111)]
    [InlineData(UnixFileMode.None)]
    public Task The_file_has_the_permissions_that_were_asked_for_whatever_the_umask(UnixFileMode mode) => Run(() =>
    {
        using UnixConnectionListener listener = UnixConnectionListener.Listen(EndPoint, new UnixListenerOptions { File = { Mode = mode } });
        Assert.Equal(mode, File.GetUnixFileMode(Path));

        using UnixDatagramSocket socket = UnixDatagramSocket.Bind(_directory.EndPoint("datagram"), new UnixDatagramOptions { File = { Mode = mode } });
        Assert.Equal(mode, File.GetUnixFileMode(_directory["datagram"]));
    });

    [Fact]
    public Task The_stale_files_permissions_are_not_taken_over() => Run(() =>
    {
        UnixPeers.LeaveStaleFile(Path);
        File.SetUnixFileMode(Path, (UnixFileMode)0b111_111_111);

        using UnixConnectionListener listener = UnixConnectionListener.Listen(EndPoint, new UnixListenerOptions { File = { Mode = UnixFileMode.UserWrite } });

        Assert.Equal(UnixFileMode.UserWrite, File.GetUnixFileMode(Path));
    });

    [Fact]
    public Task Permissions_that_a_socket_cannot_have_are_refused_before_anything_is_done() => Run(() =>
    {
        Assert.Throws<ArgumentException>(() => UnixConnectionListener.Listen(EndPoint, new UnixListenerOptions { File = { Mode = UnixFileMode.SetUser } }));
        Assert.False(File.Exists(Path));
    });

    [Fact]
    public Task The_file_can_be_given_to_others_or_else_is_not_left_behind() => Run(() =>
    {
        const uint Other = 54_321;
        var options = new UnixListenerOptions { File = { OwnerId = Other, GroupId = Other, Mode = (UnixFileMode)0b110_110_000 } };
        if (!Environment.IsPrivilegedProcess)
        {
            Assert.Contains("CAP_CHOWN", Assert.Throws<SocketException>(() => UnixConnectionListener.Listen(EndPoint, options)).Message);
            Assert.False(File.Exists(Path));
            return;
        }

        using UnixConnectionListener listener = UnixConnectionListener.Listen(EndPoint, options);

        Assert.Equal((Other, Other), OwnerOf(Path));
        Assert.Equal((UnixFileMode)0b110_110_000, File.GetUnixFileMode(Path));
    });

    [Fact]
    public Task A_relative_path_is_removed_from_where_it_was() => Run(() =>
    {
        string relative = System.IO.Path.GetRelativePath(Environment.CurrentDirectory, Path);
        UnixConnectionListener listener = UnixConnectionListener.Listen(new UnixDomainSocketEndPoint(relative));
        Assert.True(File.Exists(Path));

        listener.Dispose();

        Assert.False(File.Exists(Path));
    });

    [Fact]
    public Task A_directory_that_somebody_keeps_locked_delays_and_does_not_prevent() => Run(() =>
    {
        UnixPeers.LeaveStaleFile(Path);
        using var held = Kernel.DirectoryLock.Take(_directory.Path, TimeSpan.FromSeconds(30));

        UnixConnectionListener.Listen(EndPoint).Dispose();
    });

    private static (uint User, uint Group) OwnerOf(string path)
    {
        using var stat = System.Diagnostics.Process.Start(new System.Diagnostics.ProcessStartInfo("stat", ["-c", "%u %g", path]) { RedirectStandardOutput = true })!;
        uint[] ids = [.. stat.StandardOutput.ReadToEnd().Split(' ').Select(uint.Parse)];
        return (ids[0], ids[1]);
    }

    private SocketException AssertInUse(UnixSocketFileOptions? options = null)
    {
        SocketException exception = Assert.Throws<SocketException>(() => UnixConnectionListener.Listen(EndPoint, new UnixListenerOptions { File = options ?? new() }));
        Assert.Equal(SocketError.AddressAlreadyInUse, exception.SocketErrorCode);
        Assert.Contains(Path, exception.Message);
        SocketException same = Assert.Throws<SocketException>(() => UnixDatagramSocket.Bind(EndPoint, new UnixDatagramOptions { File = options ?? new() }));
        Assert.Equal(SocketError.AddressAlreadyInUse, same.SocketErrorCode);
        return exception;
    }

    private Task Run(Action body) => OnShard(() =>
    {
        body();
        return Task.CompletedTask;
    });
}
