using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using Reactor.Kernel;
using Reactor.Tests.Support;
using Tmds.Linux;

namespace Reactor.Tests.Shards;

/// <summary>Descriptors that the framework knows nothing of.</summary>
[Collection(Alone.Name)]
public sealed class PollAsyncTests : ShardTests
{
    [Fact]
    public Task An_eventfd_is_told_when_it_is_signalled() => Host.Run(async () =>
    {
        using SafeFileHandle handle = Own(Descriptors.EventFd());
        ValueTask<PollEvents> poll = Shard.PollAsync(handle, PollEvents.Readable);
        await Turn.Ends();
        Assert.False(poll.IsCompleted);
        Descriptors.Signal(Fd(handle));
        Assert.Equal(PollEvents.Readable, await poll);
        Assert.Same(Shard, Shard.Current);
    });

    [Fact]
    public Task What_is_ready_already_is_told_with_all_that_was_asked_for() => Host.Run(async () =>
    {
        using SafeFileHandle handle = Own(Descriptors.EventFd(1));
        Assert.Equal(PollEvents.Readable | PollEvents.Writable, await Shard.PollAsync(handle, PollEvents.Readable | PollEvents.Writable));
        Assert.Equal(PollEvents.Writable, await Shard.PollAsync(handle, PollEvents.Writable));
    });

    [Fact]
    public Task A_loop_of_polls_sees_every_signal() => Host.Run(async () =>
    {
        using SafeFileHandle handle = Own(Descriptors.EventFd());
        for (int round = 0; round < 1_000; round++)
        {
            ValueTask<PollEvents> poll = Shard.PollAsync(handle, PollEvents.Readable);
            Descriptors.Signal(Fd(handle));
            Assert.Equal(PollEvents.Readable, await poll);
            Assert.Equal(1UL, Descriptors.Take(Fd(handle)));
        }
    });

    [Fact]
    public Task Several_may_wait_for_one_descriptor() => Host.Run(async () =>
    {
        using SafeFileHandle handle = Own(Descriptors.EventFd());
        Task<PollEvents>[] polls = [.. Enumerable.Range(0, 5).Select(_ => Shard.PollAsync(handle, PollEvents.Readable).AsTask())];
        await Turn.Ends();
        Descriptors.Signal(Fd(handle));
        Assert.All(await Task.WhenAll(polls), told => Assert.Equal(PollEvents.Readable, told));
    });

    [Fact]
    public Task An_inotify_is_told_of_a_new_file() => Host.Run(async () =>
    {
        string directory = Directory.CreateTempSubdirectory("reactor-poll-").FullName;
        try
        {
            using SafeFileHandle handle = Own(Watch(directory));
            ValueTask<PollEvents> poll = Shard.PollAsync(handle, PollEvents.Readable);
            await Turn.Ends();
            Assert.False(poll.IsCompleted);
            File.WriteAllText(Path.Combine(directory, "new"), "");
            Assert.Equal(PollEvents.Readable, await poll);
        }
        finally
        {
            Directory.Delete(directory, recursive: true);
        }
    });

    [Fact]
    public Task Urgent_data_of_a_TCP_socket_is_a_priority() => Host.Run(async () =>
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        using var peer = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await peer.ConnectAsync(listener.LocalEndpoint);
        using Socket own = await listener.AcceptSocketAsync();
        ValueTask<PollEvents> poll = Shard.PollAsync(own.SafeHandle, PollEvents.Priority);
        peer.Send([1]);
        await Turn.Ends();
        Assert.False(poll.IsCompleted);
        peer.Send([2], SocketFlags.OutOfBand);
        Assert.Equal(PollEvents.Priority, await poll);
    });

    [Fact]
    public Task The_end_of_a_peers_sending_is_told_to_whoever_asks_for_it() => Host.Run(async () =>
    {
        (int own, int peer) = Descriptors.Pair();
        using SafeFileHandle handle = Own(own);
        ValueTask<PollEvents> poll = Shard.PollAsync(handle, PollEvents.ReadHangUp);
        Descriptors.Write(peer);
        await Turn.Ends();
        Assert.False(poll.IsCompleted);
        Sockets.ShutdownSend(peer).OrThrow("shutdown");
        Assert.Equal(PollEvents.ReadHangUp, await poll);
        Descriptors.Close(peer);
    });

    [Fact]
    public Task The_other_end_of_a_pipe_that_closes_is_told_without_asking() => Host.Run(async () =>
    {
        (int read, int write) = Descriptors.Pipe();
        using SafeFileHandle handle = Own(read);
        ValueTask<PollEvents> poll = Shard.PollAsync(handle, PollEvents.Readable);
        await Turn.Ends();
        Descriptors.Close(write);
        Assert.Equal(PollEvents.HangUp, await poll);
    });

    [Fact]
    public Task A_full_pipe_is_writable_again_when_it_has_been_read() => Host.Run(async () =>
    {
        (int read, int write) = Descriptors.Pipe();
        using SafeFileHandle handle = Own(write);
        Descriptors.Fill(write);
        ValueTask<PollEvents> poll = Shard.PollAsync(handle, PollEvents.Writable);
        await Turn.Ends();
        Assert.False(poll.IsCompleted);
        while (Descriptors.Read(read).Value > 0)
        {
        }

        Assert.Equal(PollEvents.Writable, await poll);
        Descriptors.Close(read);
    });

    [Fact]
    public Task A_pty_which_AIO_refuses_is_polled_as_well() => Host.Run(async () =>
    {
        using SafeFileHandle handle = File.OpenHandle("/dev/ptmx", FileMode.Open, FileAccess.ReadWrite);
        Unlock(handle);
        ValueTask<PollEvents> poll = Shard.PollAsync(handle, PollEvents.Readable | PollEvents.Priority);
        await Turn.Ends();
        Assert.False(poll.IsCompleted);
        using (SafeFileHandle terminal = File.OpenHandle($"/dev/pts/{PtyNumber(handle)}", FileMode.Open, FileAccess.ReadWrite))
        {
            Descriptors.Write(Fd(terminal));
            Assert.Equal(PollEvents.Readable, await poll);
        }
    });

    [Fact]
    public Task A_regular_file_is_always_ready() => Host.Run(async () =>
    {
        using SafeFileHandle handle = File.OpenHandle("/proc/self/exe");
        Assert.Equal(PollEvents.Readable, await Shard.PollAsync(handle, PollEvents.Readable));
    });

    [Fact]
    public Task A_cancelled_poll_leaves_neither_descriptor_nor_poll() => Host.Run(async () =>
    {
        using SafeFileHandle handle = Own(Descriptors.EventFd());
        int before = ProcessState.OpenDescriptors;
        long descriptors = Shard.GetStatistics().Descriptors;
        for (int round = 0; round < 100; round++)
        {
            await PollAndCancel(handle);
        }

        await Eventually.Comes(
            () => (Shard.GetStatistics().Descriptors, ProcessState.OpenDescriptors) == (descriptors, before), "all duplicates closed");
    });

    [Fact]
    public Task The_owner_may_dispose_the_handle_meanwhile() => Host.Run(async () =>
    {
        (int read, int write) = Descriptors.Pipe();
        SafeFileHandle handle = Own(read);
        ValueTask<PollEvents> poll = Shard.PollAsync(handle, PollEvents.Readable);
        handle.Dispose();
        Assert.False(Descriptors.IsOpen(read));
        await Turn.Ends();
        Assert.False(poll.IsCompleted);
        Descriptors.Write(write);
        Assert.Equal(PollEvents.Readable, await poll);
        Descriptors.Close(write);
    });

    [Fact]
    public Task A_disposed_handle_is_refused() => Host.Run(async () =>
    {
        SafeFileHandle handle = Own(Descriptors.EventFd());
        handle.Dispose();
        await Assert.ThrowsAsync<ObjectDisposedException>(() => Shard.PollAsync(handle, PollEvents.Readable).AsTask());
    });

    [Fact]
    public Task A_handle_that_is_no_descriptor_is_refused_by_its_number() => Host.Run(async () =>
    {
        using var handle = new SafeFileHandle(12_345, ownsHandle: false);
        var error = await Assert.ThrowsAsync<IOException>(() => Shard.PollAsync(handle, PollEvents.Readable).AsTask());
        Assert.Contains("12345", error.Message, StringComparison.Ordinal);
    });

    [Theory]
    [InlineData(PollEvents.None)]
    [InlineData((PollEvents)0x100)]
    [InlineData(PollEvents.Readable | (PollEvents)0x400)]
    public Task Events_that_are_no_events_are_refused(PollEvents events) => Host.Run(async () =>
    {
        using SafeFileHandle handle = Own(Descriptors.EventFd());
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => Shard.PollAsync(handle, events).AsTask());
    });

    [Fact]
    public async Task Off_its_shard_it_is_refused()
    {
        using SafeFileHandle handle = Own(Descriptors.EventFd());
        await Assert.ThrowsAsync<InvalidOperationException>(() => Shard.PollAsync(handle, PollEvents.Readable).AsTask());
    }

    [Fact]
    public async Task A_shard_that_stops_ends_its_polls()
    {
        using SafeFileHandle handle = Own(Descriptors.EventFd());
        int before = ProcessState.OpenDescriptors;
        await using var host = new TestHost();
        Task<PollEvents> poll = null!;
        await host.Run(async () =>
        {
            poll = host.Shard.PollAsync(handle, PollEvents.Readable).AsTask();
            await Turn.Ends();
        });
        await host.Host.StopAsync();
        await Assert.ThrowsAsync<ObjectDisposedException>(() => Eventually.Ends(poll, "the poll"));
        Assert.Equal(before, ProcessState.OpenDescriptors);
    }

    private async Task PollAndCancel(SafeFileHandle handle)
    {
        using var cancellation = new CancellationTokenSource();
        ValueTask<PollEvents> poll = Shard.PollAsync(handle, PollEvents.Readable, cancellation.Token);
        await Turn.Ends();
        await cancellation.CancelAsync();
        await Assert.ThrowsAsync<OperationCanceledException>(() => poll.AsTask());
    }

    private static SafeFileHandle Own(int fd) => new(fd, ownsHandle: true);

    private static int Fd(SafeHandle handle) => (int)handle.DangerousGetHandle();

    private const uint IN_CREATE = 0x100;
    private const nuint TIOCSPTLCK = 0x40045431;
    private const nuint TIOCGPTN = 0x80045430;

    private static int Watch(string directory)
    {
        int fd = SysResult.From(inotify_init1(LibC.O_NONBLOCK | LibC.O_CLOEXEC)).OrThrow("inotify_init1");
        SysResult.From(inotify_add_watch(fd, directory, IN_CREATE)).OrThrow("inotify_add_watch");
        return fd;
    }

    private static unsafe void Unlock(SafeHandle handle)
    {
        int isLocked = 0;
        SysResult.From(ioctl(Fd(handle), TIOCSPTLCK, (nint)(&isLocked))).OrThrow("unlocking the pty");
    }

    private static unsafe int PtyNumber(SafeHandle handle)
    {
        int number = 0;
        SysResult.From(ioctl(Fd(handle), TIOCGPTN, (nint)(&number))).OrThrow("asking for the pty's number");
        return number;
    }

    [DllImport("libc", SetLastError = true)]
    private static extern int inotify_init1(int flags);

    [DllImport("libc", SetLastError = true)]
    private static extern int inotify_add_watch(int fd, [MarshalAs(UnmanagedType.LPUTF8Str)] string path, uint mask);

    [DllImport("libc", SetLastError = true)]
    private static extern int ioctl(int fd, nuint request, nint argument);
}
