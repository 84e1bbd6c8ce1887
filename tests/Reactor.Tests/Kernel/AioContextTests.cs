using System.Collections;
using System.Runtime.InteropServices;
using Reactor.Kernel;
using Reactor.Tests.Support;
using Tmds.Linux;
using Xunit.Abstractions;

namespace Reactor.Tests.Kernel;

public sealed unsafe class AioContextTests(ITestOutputHelper output) : IDisposable
{
    private readonly IocbBlock _block = new(1024);
    private readonly int _ready = Descriptors.EventFd(1);
    private readonly int _quiet = Descriptors.EventFd();

    [Fact]
    public void A_million_events_arrive_once_each_with_the_ring_and_without_it()
    {
        const int Total = 1_000_000;
        Random random = Seed.Random(output);
        using AioContext ring = Contexts.Create(100);
        using AioContext calls = Contexts.Create(100, useRing: false);
        Assert.True(ring.ReadsRing);
        Assert.False(calls.ReadsRing);
        var seenByRing = new BitArray(Total);
        var seenByCalls = new BitArray(Total);
        int submitted = 0;
        while (submitted < Total)
        {
            int count = Math.Min(random.Next(1, 101), Total - submitted);
            for (int i = 0; i < count; i++)
            {
                _block.SetPoll(i, _ready, (ulong)(submitted + i), LibC.POLLIN);
            }

            submitted += count;
            int piece = random.Next(1, 101);
            Drive(ring, seenByRing);
            Drive(calls, seenByCalls);

            void Drive(AioContext context, BitArray seen)
            {
                Assert.Equal(count, context.Submit(_block.Addresses, count).OrThrow("io_submit"));
                int left = count;
                while (left > 0)
                {
                    int got = context.Harvest(_block.Events, piece);
                    if (got != Math.Min(piece, left))
                    {
                        Assert.Fail($"harvested {got} of {left} with room for {piece}");
                    }

                    left -= got;
                    for (int i = 0; i < got; i++)
                    {
                        int data = (int)_block.Events[i].data;
                        if (seen[data] || ((int)_block.Events[i].res & LibC.POLLIN) == 0)
                        {
                            Assert.Fail($"event {data} came twice, or not ready: {_block.Events[i].res}");
                        }

                        seen[data] = true;
                    }
                }

                Assert.Equal(0, context.Harvest(_block.Events, piece));
            }
        }

        Assert.True(seenByRing.HasAllSet());
        Assert.True(seenByCalls.HasAllSet());
        Assert.True(Total > 1000 * ring.RingSize);
    }

    [Fact]
    public void A_descriptor_that_is_not_ready_completes_only_when_it_becomes_so()
    {
        using AioContext context = Contexts.Create(8);
        _block.SetPoll(0, _quiet, 42, LibC.POLLIN);
        Submit(context, 1);
        Assert.False(context.HasEvents);
        Assert.Equal(0, context.Harvest(_block.Events, 8));
        Descriptors.Signal(_quiet);
        Assert.True(context.HasEvents);
        Assert.Equal(1, context.Harvest(_block.Events, 8));
        Assert.Equal(42UL, _block.Events[0].data);
        Assert.Equal((ulong)_block.Iocbs, _block.Events[0].obj);
    }

    [Fact]
    public void The_kernel_has_copied_the_iocbs_when_submit_returns()
    {
        using AioContext context = Contexts.Create(8);
        _block.SetPoll(0, _quiet, 42, LibC.POLLIN);
        Submit(context, 1);
        _block.Iocbs[0] = default;
        Descriptors.Signal(_quiet);
        Assert.Equal(1, context.Harvest(_block.Events, 8));
        Assert.Equal(42UL, _block.Events[0].data);
    }

    [Theory]
    [InlineData("descriptor", 0)]
    [InlineData("descriptor", 2)]
    [InlineData("descriptor", 4)]
    [InlineData("opcode", 0)]
    [InlineData("opcode", 2)]
    [InlineData("opcode", 4)]
    [InlineData("mask", 0)]
    [InlineData("mask", 2)]
    [InlineData("flags", 0)]
    [InlineData("flags", 4)]
    [InlineData("reserved", 0)]
    [InlineData("reserved", 2)]
    public void Submit_stops_before_a_bad_iocb_and_names_its_error_only_when_it_comes_first(string what, int position)
    {
        using AioContext context = Contexts.Create(8);
        for (int i = 0; i < 5; i++)
        {
            _block.SetPoll(i, _ready, (ulong)i, LibC.POLLIN);
        }

        int errno = Spoil(position, what);
        SysResult first = context.Submit(_block.Addresses, 5);
        Assert.Equal(position == 0 ? SysResult.Failure(errno) : new SysResult(position, 0), first);
        Assert.Equal(errno, context.Submit(_block.Addresses + position, 5 - position).Errno);
        if (position < 4)
        {
            Assert.Equal(4 - position, context.Submit(_block.Addresses + position + 1, 4 - position).OrThrow("io_submit"));
        }

        Assert.Equal(4, context.Harvest(_block.Events, 8));
    }

    [Fact]
    public void A_batch_of_bad_iocbs_alone_leaves_nothing_behind()
    {
        using AioContext context = Contexts.Create(8);
        for (int i = 0; i < 5; i++)
        {
            _block.SetPoll(i, -1, (ulong)i, LibC.POLLIN);
        }

        Assert.Equal(LibC.EBADF, context.Submit(_block.Addresses, 5).Errno);
        Assert.False(context.HasEvents);
    }

    [Fact]
    public void A_full_context_says_EAGAIN_and_accepts_again_when_polls_have_fired_and_been_harvested()
    {
        using AioContext context = Contexts.Create(4);
        for (int i = 0; i < 1024; i++)
        {
            _block.SetPoll(i, _quiet, (ulong)i, LibC.POLLIN);
        }

        int armed = FillUp(context);
        Assert.InRange(armed, context.Capacity, context.RingSize);
        Assert.Equal(LibC.EAGAIN, context.Submit(_block.Addresses, 1).Errno);

        Descriptors.Signal(_quiet);
        Assert.Equal(armed, context.Harvest(_block.Events, 1024));
        Assert.Equal(1UL, Descriptors.Take(_quiet));
        Assert.True(FillUp(context) >= context.Capacity);
    }

    [Fact]
    public void Full_with_events_that_nobody_has_harvested_is_full_as_well()
    {
        using AioContext context = Contexts.Create(4);
        for (int i = 0; i < 1024; i++)
        {
            _block.SetPoll(i, _ready, (ulong)i, LibC.POLLIN);
        }

        int completed = FillUp(context);
        Assert.Equal(LibC.EAGAIN, context.Submit(_block.Addresses, 1).Errno);
        Assert.Equal(completed, context.Harvest(_block.Events, 1024));
        Submit(context, 1);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Without_io_pgetevents_the_older_call_does_the_same(bool refusedByProfile)
    {
        var calls = new RefusingCalls { OnPGetEvents = () => refusedByProfile ? LibC.EPERM : LibC.ENOSYS };
        using AioContext context = Contexts.Create(8, calls);
        Assert.False(context.UsesPGetEvents);
        Assert.True(context.ReadsRing);
        Assert.Equal(0, Wait(context, TimeSpan.FromMilliseconds(1)).OrThrow("wait"));
        _block.SetPoll(0, _ready, 7, LibC.POLLIN);
        Submit(context, 1);
        Assert.Equal(1, Wait(context, Eventually.Deadline).OrThrow("wait"));
        Assert.Equal(7UL, _block.Events[0].data);
        Assert.Equal(1, calls.PGetEventsCalls);
        Assert.Equal(2, calls.GetEventsCalls);
    }

    [Fact]
    public void This_machine_has_io_pgetevents()
    {
        using AioContext context = Contexts.Create(8);
        Assert.True(context.UsesPGetEvents);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Waiting_ends_without_events_when_the_time_is_over(bool useRing)
    {
        using AioContext context = Contexts.Create(8, useRing: useRing);
        _block.SetPoll(0, _quiet, 1, LibC.POLLIN);
        Submit(context, 1);
        Assert.Equal(new SysResult(0, 0), Wait(context, TimeSpan.FromMilliseconds(5)));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Waiting_without_end_ends_with_an_event(bool useRing)
    {
        using AioContext context = Contexts.Create(8, useRing: useRing);
        _block.SetPoll(0, _quiet, 1, LibC.POLLIN);
        Submit(context, 1);
        using var timer = new Timer(_ => Descriptors.Signal(_quiet), null, 20, Timeout.Infinite);
        Assert.Equal(new SysResult(1, 0), context.Wait(_block.Events, 8, 1, null));
    }

    [Fact]
    public void A_signal_ends_the_wait_with_EINTR()
    {
        using PosixSignalRegistration handler = PosixSignalRegistration.Create(PosixSignal.SIGWINCH, context => context.Cancel = true);
        using AioContext context = Contexts.Create(8);
        using var bell = new Bell();
        SysResult result = Wait(context, Eventually.Deadline);
        Assert.Equal(SysResult.Failure(LibC.EINTR), result);
    }

    [Fact]
    public void A_signal_in_the_mask_does_not_end_the_wait()
    {
        using PosixSignalRegistration handler = PosixSignalRegistration.Create(PosixSignal.SIGWINCH, context => context.Cancel = true);
        using AioContext context = Contexts.Create(8);
        sigset_t mask;
        Assert.Equal(0, LibC.sigemptyset(&mask));
        Assert.Equal(0, LibC.sigaddset(&mask, LibC.SIGWINCH));
        using var bell = new Bell();
        Assert.Equal(new SysResult(0, 0), Wait(context, TimeSpan.FromMilliseconds(50), &mask));
        Assert.True(bell.HasRung);
    }

    [Fact]
    public void An_event_ends_a_wait_with_a_mask()
    {
        using AioContext context = Contexts.Create(8);
        sigset_t mask;
        Assert.Equal(0, LibC.sigfillset(&mask));
        _block.SetPoll(0, _ready, 7, LibC.POLLIN);
        Submit(context, 1);
        Assert.Equal(new SysResult(1, 0), Wait(context, Eventually.Deadline, &mask));
    }

    [Fact]
    public void A_cancelled_poll_is_followed_by_its_event()
    {
        using AioContext context = Contexts.Create(8);
        _block.SetPoll(0, _quiet, 5, LibC.POLLIN);
        Submit(context, 1);
        Assert.False(context.Cancel(_block.Iocbs).IsError);
        Assert.Equal(1, Wait(context, Eventually.Deadline).OrThrow("wait"));
        Assert.Equal(5UL, _block.Events[0].data);
        Assert.Equal(0, _block.Events[0].res);
    }

    [Fact]
    public void Cancelling_one_of_two_polls_leaves_the_other()
    {
        using AioContext context = Contexts.Create(8);
        _block.SetPoll(0, _quiet, 5, LibC.POLLIN);
        _block.SetPoll(1, _quiet, 6, LibC.POLLIN);
        Submit(context, 2);
        context.Cancel(_block.Iocbs).OrThrow("io_cancel");
        Assert.Equal(1, Wait(context, Eventually.Deadline).OrThrow("wait"));
        Assert.Equal(5UL, _block.Events[0].data);
        Descriptors.Signal(_quiet);
        Assert.Equal(1, context.Harvest(_block.Events, 8));
        Assert.Equal(6UL, _block.Events[0].data);
    }

    [Fact]
    public void Cancelling_what_was_never_submitted_is_an_error()
    {
        using AioContext context = Contexts.Create(8);
        _block.SetPoll(0, _quiet, 5, LibC.POLLIN);
        Assert.Equal(LibC.EINVAL, context.Cancel(_block.Iocbs).Errno);
    }

    [Fact]
    public void Cancelling_twice_is_an_error_and_gives_one_event()
    {
        using AioContext context = Contexts.Create(8);
        _block.SetPoll(0, _quiet, 5, LibC.POLLIN);
        Submit(context, 1);
        context.Cancel(_block.Iocbs).OrThrow("io_cancel");
        Assert.Equal(LibC.EINVAL, context.Cancel(_block.Iocbs).Errno);
        Assert.Equal(1, Wait(context, Eventually.Deadline).OrThrow("wait"));
        Assert.False(context.HasEvents);
    }

    [Fact]
    public void A_context_that_cannot_be_had_is_an_error_and_null()
    {
        var calls = new RefusingCalls { OnSetup = _ => LibC.ENOSYS };
        SysResult result = AioContext.TryCreate(8, out AioContext? context, calls);
        Assert.Equal(LibC.ENOSYS, result.Errno);
        Assert.Null(context);
    }

    [Fact]
    public void Disposing_twice_is_harmless()
    {
        AioContext context = Contexts.Create(8);
        context.Dispose();
        context.Dispose();
    }

    public void Dispose()
    {
        _block.Dispose();
        Descriptors.Close(_ready, _quiet);
    }

    private void Submit(AioContext context, int count) =>
        Assert.Equal(count, context.Submit(_block.Addresses, count).OrThrow("io_submit"));

    private SysResult Wait(AioContext context, TimeSpan timeout, sigset_t* mask = null)
    {
        timespec duration = Timespec.From(timeout);
        return context.Wait(_block.Events, 8, 1, &duration, mask);
    }

    private int FillUp(AioContext context)
    {
        int armed = 0;
        SysResult result;
        while (!(result = context.Submit(_block.Addresses + armed, 1)).IsError)
        {
            armed++;
        }

        Assert.Equal(LibC.EAGAIN, result.Errno);
        return armed;
    }

    private int Spoil(int index, string what)
    {
        iocb* iocb = _block.Iocbs + index;
        switch (what)
        {
            case "descriptor":
                iocb->aio_fildes = -1;
                return LibC.EBADF;
            case "opcode":
                iocb->aio_lio_opcode = 99;
                return LibC.EINVAL;
            case "mask":
                iocb->aio_buf = 0x10001;
                return LibC.EINVAL;
            case "flags":
                iocb->aio_rw_flags = 1;
                return LibC.EINVAL;
            default:
                iocb->aio_reserved2 = 1;
                return LibC.EINVAL;
        }
    }

    /// <summary>Sends SIGWINCH to the thread that made it, every few milliseconds until disposed.</summary>
    private sealed class Bell : IDisposable
    {
        private const int SysTgkillX64 = 234;
        private const int SysTgkillArm64 = 131;
        private const int SysGettidX64 = 186;
        private const int SysGettidArm64 = 178;

        private readonly Thread _ringer;
        private bool _stop;
        private int _rung;

        internal Bell()
        {
            bool isArm = RuntimeInformation.ProcessArchitecture == Architecture.Arm64;
            int thread = (int)LibC.syscall(isArm ? SysGettidArm64 : SysGettidX64);
            _ringer = new Thread(() =>
            {
                while (!Volatile.Read(ref _stop))
                {
                    Thread.Sleep(5);
                    SysResult.From((int)LibC.syscall(isArm ? SysTgkillArm64 : SysTgkillX64, Environment.ProcessId, thread, LibC.SIGWINCH)).OrThrow("tgkill");
                    Interlocked.Increment(ref _rung);
                }
            });
            _ringer.Start();
        }

        internal bool HasRung => Volatile.Read(ref _rung) > 0;

        public void Dispose()
        {
            Volatile.Write(ref _stop, true);
            _ringer.Join();
        }
    }
}
