using System.Net.Sockets;
using System.Runtime.Versioning;
using Reactor.Kernel;
using Tmds.Linux;

namespace Reactor.Tests.Kernel;

/// <summary>What the kernel does with Unix domain sockets and their files, where Reactor.Net relies on it.</summary>
[SupportedOSPlatform("linux")]
public sealed class UnixSocketTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("reactor").FullName;
    private readonly List<int> _fds = [];

    public void Dispose()
    {
        _fds.ForEach(fd => FileDescriptor.Close(fd));
        Directory.Delete(_directory, recursive: true);
    }

    [Theory]
    [InlineData("/tmp/socket")]
    [InlineData("relative")]
    [InlineData("\0abstract")]
    [InlineData("/tmp/ä")]
    public void An_address_is_the_same_after_its_way_through_the_kernels_form(string path)
    {
        var endPoint = new UnixDomainSocketEndPoint(path);

        NativeUnixAddress address = NativeUnixAddress.From(endPoint);

        Assert.Equal(endPoint, address.ToEndPoint());
        Assert.Equal(path[0] != '\0', address.IsPath);
        Assert.True(address.IsNamed);
        Assert.True(address.Equals(NativeUnixAddress.From(endPoint)));
        Assert.False(address.Equals(NativeUnixAddress.From(new UnixDomainSocketEndPoint(path + "x"))));
    }

    [Fact]
    public void No_name_is_no_endpoint()
    {
        Assert.Null(NativeUnixAddress.Unnamed.ToEndPoint());
        Assert.Null(default(NativeUnixAddress).ToEndPoint());
        Assert.False(NativeUnixAddress.Unnamed.IsNamed);
    }

    /// <summary>So a file that is to be for few is never for more, without touching the umask of the process.</summary>
    [Theory]
    [InlineData(UnixFileMode.UserRead | UnixFileMode.UserWrite)]
    [InlineData(UnixFileMode.UserWrite)]
    [InlineData(UnixFileMode.None)]
    public void The_mode_of_a_socket_before_its_bind_becomes_the_files(UnixFileMode mode)
    {
        int fd = Create(SocketType.Dgram);
        UnixSockets.SetModeOfFutureFile(fd, mode).OrThrow("fchmod");

        Bind(fd, "s");

        Assert.Equal(mode, File.GetUnixFileMode(PathOf("s")));
    }

    /// <summary>The reason why a connect to a full backlog is tried again by a timer.</summary>
    [Fact]
    public void A_full_backlog_is_told_and_no_poll_tells_when_it_is_over()
    {
        int listener = Listen("s", backlog: 0);
        Assert.False(Connect(Create(SocketType.Stream), "s").IsError);
        int late = Create(SocketType.Stream);

        Assert.True(Connect(late, "s").WouldBlock);

        Assert.NotEqual(0, FileDescriptor.Poll(late, LibC.POLLOUT).Value & LibC.POLLOUT);
        NativeUnixAddress peer = default;
        _fds.Add(UnixSockets.Accept(listener, ref peer).OrThrow("accept"));
        Assert.False(Connect(late, "s").IsError);
    }

    /// <summary>The reason why a send to an address is tried again by a timer, and one on a connected socket is not.</summary>
    [Fact]
    public void Only_a_connected_datagram_socket_is_polled_for_room_at_the_receiver()
    {
        Bind(Create(SocketType.Dgram), "s");
        int unconnected = Create(SocketType.Dgram);
        NativeUnixAddress target = AddressOf("s");
        SysResult result;
        do
        {
            result = UnixSockets.SendTo(unconnected, [1], ref target);
        }
        while (!result.IsError);

        Assert.True(result.WouldBlock);
        Assert.NotEqual(0, FileDescriptor.Poll(unconnected, LibC.POLLOUT).Value);
        int connected = Create(SocketType.Dgram);
        Assert.False(Connect(connected, "s").IsError);
        Assert.True(Sockets.Send(connected, [1]).WouldBlock);
        Assert.Equal(0, FileDescriptor.Poll(connected, LibC.POLLOUT).Value);
    }

    /// <summary>How a stale file is told from one that somebody has, without his noticing.</summary>
    [Fact]
    public void A_datagram_socket_is_refused_by_a_file_only_when_no_socket_has_it()
    {
        Bind(Create(SocketType.Stream), "bound");
        Listen("listening", backlog: 1);
        Bind(Create(SocketType.Dgram), "datagram");
        Bind(UnixSockets.Create(SocketType.Stream).OrThrow("socket"), "stale", closes: true);

        Assert.Equal(LibC.EPROTOTYPE, Probe("bound"));
        Assert.Equal(LibC.EPROTOTYPE, Probe("listening"));
        Assert.Equal(0, Probe("datagram"));
        Assert.Equal(LibC.ECONNREFUSED, Probe("stale"));

        int Probe(string name)
        {
            Assert.False(FileReference.Open(PathOf(name), out FileReference file).IsError);
            using (file)
            {
                return UnixSockets.Connect(Create(SocketType.Dgram), NativeUnixAddress.From(new UnixDomainSocketEndPoint(file.Path))).Errno;
            }
        }
    }

    [Fact]
    public void A_hold_on_a_file_is_on_the_file_and_not_on_its_name()
    {
        Bind(Create(SocketType.Stream), "s");
        Assert.False(FileReference.Open(PathOf("s"), out FileReference file).IsError);
        using (file)
        {
            File.Move(PathOf("s"), PathOf("moved"));
            Bind(Create(SocketType.Stream), "s");

            file.SetMode(UnixFileMode.UserExecute).OrThrow("chmod");

            file.Identify(out FileIdentity held, out bool isSocket).OrThrow("statx");
            FileReference.Identify(PathOf("moved"), out FileIdentity moved).OrThrow("statx");
            FileReference.Identify(PathOf("s"), out FileIdentity other).OrThrow("statx");
            Assert.True(isSocket);
            Assert.Equal(held, moved);
            Assert.NotEqual(held, other);
            Assert.Equal(UnixFileMode.UserExecute, File.GetUnixFileMode(PathOf("moved")));
            Assert.NotEqual(UnixFileMode.UserExecute, File.GetUnixFileMode(PathOf("s")));
        }
    }

    [Fact]
    public async Task A_directorys_lock_is_one_persons_at_a_time()
    {
        DirectoryLock held = DirectoryLock.Take(_directory, TimeSpan.Zero);
        Task<DirectoryLock> waiting = Task.Run(() => DirectoryLock.Take(_directory, TimeSpan.FromSeconds(30)));
        Assert.NotSame(waiting, await Task.WhenAny(waiting, Task.Delay(50)));

        held.Dispose();

        (await waiting.WaitAsync(TimeSpan.FromSeconds(20))).Dispose();
    }

    private int Create(SocketType type)
    {
        int fd = UnixSockets.Create(type).OrThrow("socket");
        _fds.Add(fd);
        return fd;
    }

    private int Listen(string name, int backlog)
    {
        int fd = Create(SocketType.Stream);
        Bind(fd, name);
        Sockets.Listen(fd, backlog).OrThrow("listen");
        return fd;
    }

    private void Bind(int fd, string name, bool closes = false)
    {
        UnixSockets.Bind(fd, AddressOf(name)).OrThrow("bind");
        if (closes)
        {
            FileDescriptor.Close(fd).OrThrow("close");
        }
    }

    private SysResult Connect(int fd, string name) => UnixSockets.Connect(fd, AddressOf(name));

    private NativeUnixAddress AddressOf(string name) => NativeUnixAddress.From(new UnixDomainSocketEndPoint(PathOf(name)));

    private string PathOf(string name) => Path.Combine(_directory, name);
}
