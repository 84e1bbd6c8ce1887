using System.Diagnostics;
using Reactor.Polling;
using Reactor.Tests.Support;
using Tmds.Linux;
using Xunit.Abstractions;

namespace Reactor.Tests.Polling;

/// <summary>What the kernel says to io_submit and io_pgetevents only now and then.</summary>
public sealed class AioSubmitFaultTests(ITestOutputHelper output) : IDisposable
{
    private readonly List<int> _handles = [];
    private AioPollBackend? _backend;

    [Fact]
    public void A_submit_interrupted_by_a_signal_is_repeated_in_the_same_turn()
    {
        int left = 3;
        AioPollBackend backend = Create(new RefusingCalls { OnSubmit = _ => left-- > 0 ? LibC.EINTR : null });
        RecordingWaiter waiter = ArmReady(backend);
        backend.Submit();
        backend.Harvest();
        Assert.Equal(1, waiter.Count);
    }

    [Fact]
    public void A_kernel_that_is_short_of_something_though_places_are_free_is_asked_again_soon()
    {
        int left = 3;
        var calls = new RefusingCalls { OnSubmit = _ => left-- > 0 ? LibC.EAGAIN : null };
        AioPollBackend backend = Create(calls);
        RecordingWaiter waiter = ArmReady(backend);
        int turns = 0;
        while (waiter.Count == 0 && turns++ < 100)
        {
            backend.Harvest();
            backend.Submit();
            backend.Harvest();
            if (waiter.Count == 0)
            {
                // Without end, and yet it comes back: nothing that is armed would tell when to try again.
                backend.Wait(null);
            }
        }

        Assert.Equal(1, waiter.Count);
        Assert.Equal(4, calls.Submits);
    }

    [Fact]
    public void EAGAIN_ends_the_turns_submit_without_a_loop()
    {
        var calls = new RefusingCalls { OnSubmit = _ => LibC.EAGAIN };
        AioPollBackend backend = Create(calls);
        ArmReady(backend);
        backend.Submit();
        Assert.Equal(1, calls.Submits);
        Assert.Equal(1, backend.Queued);
        calls.OnSubmit = null;
        backend.Submit();
        Assert.Equal(0, backend.Queued);
    }

    [Fact]
    public void Now_and_then_EAGAIN_or_EINTR_loses_and_doubles_nothing()
    {
        Random random = Seed.Random(output);
        AioPollBackend backend = Create(new RefusingCalls { OnSubmit = _ => random.Next(4) switch { 0 => LibC.EAGAIN, 1 => LibC.EINTR, _ => null } });
        int[] fds = [.. Enumerable.Range(0, 30).Select(_ => Descriptors.EventFd(1))];
        int[] handles = [.. fds.Select(backend.Register)];
        _handles.AddRange(handles);
        RecordingWaiter[] waiters = [.. handles.Select(_ => new RecordingWaiter())];
        for (int round = 1; round <= 200; round++)
        {
            for (int i = 0; i < fds.Length; i++)
            {
                backend.Arm(handles[i], PollDirection.Read, waiters[i]);
            }

            Eventually.Until(
                () =>
                {
                    backend.Submit();
                    backend.Harvest();
                    return waiters.All(waiter => waiter.Count == round);
                },
                "all told");
        }

        Assert.Equal(200 * fds.Length, backend.Counters.PollsSubmitted);
        Assert.Equal(0, backend.Counters.PollsArmed);
    }

    [Fact]
    public void A_wait_interrupted_by_a_signal_returns_quietly()
    {
        bool isMade = false;
        AioPollBackend backend = Create(new RefusingCalls { OnPGetEvents = () => isMade ? LibC.EINTR : null });
        isMade = true;
        backend.Wait(null);
        Assert.Equal(0, backend.Counters.PollsCompleted);
    }

    [Fact]
    public void A_wait_that_the_kernel_refuses_says_so()
    {
        bool isMade = false;
        AioPollBackend backend = Create(new RefusingCalls { OnPGetEvents = () => isMade ? LibC.EINVAL : null });
        isMade = true;
        Assert.Contains("EINVAL", Assert.Throws<IOException>(() => backend.Wait(TimeSpan.Zero)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Without_io_pgetevents_a_sleep_still_ends_in_time_and_with_events()
    {
        AioPollBackend backend = Create(new RefusingCalls { OnPGetEvents = () => LibC.EPERM });
        long start = Stopwatch.GetTimestamp();
        backend.Wait(TimeSpan.FromMilliseconds(20));
        Assert.True(Stopwatch.GetElapsedTime(start) >= TimeSpan.FromMilliseconds(20));
        int fd = Descriptors.EventFd();
        int handle = backend.Register(fd);
        _handles.Add(handle);
        var waiter = new RecordingWaiter();
        backend.Arm(handle, PollDirection.Read, waiter);
        backend.Submit();
        Descriptors.Signal(fd);
        backend.Wait(null);
        Assert.Equal(1, waiter.Count);
    }

    public void Dispose()
    {
        foreach (int handle in _handles)
        {
            _backend!.Close(handle, CloseMode.Cancel);
        }

        _backend?.Dispose();
    }

    private AioPollBackend Create(RefusingCalls calls) => _backend = new AioPollBackend(Contexts.Create(64, calls));

    private RecordingWaiter ArmReady(AioPollBackend backend)
    {
        int handle = backend.Register(Descriptors.EventFd(1));
        _handles.Add(handle);
        var waiter = new RecordingWaiter();
        backend.Arm(handle, PollDirection.Read, waiter);
        return waiter;
    }
}
