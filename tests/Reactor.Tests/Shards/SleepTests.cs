using System.Diagnostics;
using System.Reflection;
using Reactor.Kernel;
using Reactor.Polling;
using Reactor.Tests.Support;

namespace Reactor.Tests.Shards;

[Collection(Alone.Name)]
public sealed class SleepTests : ShardTests
{
    [Fact]
    public async Task An_idle_shard_uses_no_CPU_and_turns_no_turn()
    {
        await Host.Run(() => 0);
        Eventually.Until(() => Shard.GetStatistics().Sleeps > 0 && IsSettled(), "asleep");
        int thread = Assert.Single(ProcessState.ShardThreads);
        TimeSpan used = ProcessState.CpuTime(thread);
        ShardStatistics before = Shard.GetStatistics();
        long start = Stopwatch.GetTimestamp();
        Eventually.Until(() => Stopwatch.GetElapsedTime(start) > TimeSpan.FromMilliseconds(300), "300 ms");
        Assert.Equal(before with { IdleTime = default }, Shard.GetStatistics() with { IdleTime = default });
        Assert.InRange(ProcessState.CpuTime(thread) - used, TimeSpan.Zero, TimeSpan.FromMilliseconds(1));
    }

    [Fact]
    public async Task A_sleeping_shard_is_woken_by_one_signal_however_many_posts_there_are()
    {
        Eventually.Until(IsSettled, "asleep");
        ShardStatistics before = Shard.GetStatistics();
        await Host.Run(async () =>
        {
            // Awake: these cost no signal.
            for (int i = 0; i < 100; i++)
            {
                await Task.Yield();
                OwnThread.Run(() => Shard.Post(static () => { }));
            }
        });
        Assert.InRange(Shard.GetStatistics().WakeUps - before.WakeUps, 1, 3);
    }

    /// <remarks>
    /// A late signal: it was meant for a sleep that something else has ended, and arrives between the turn's submit and
    /// its last harvest. The refusal of a poll happens exactly there, so that the test signals from there.
    /// </remarks>
    [Fact]
    public async Task A_late_signal_does_not_let_the_shard_sleep_without_its_wake_up_armed()
    {
        await Host.Run(() => 0);
        Eventually.Until(IsSettled, "asleep");
        var wakeUp = (EventFd)typeof(Shard).GetField("_wakeUp", BindingFlags.NonPublic | BindingFlags.Instance)!.GetValue(Shard)!;
        ShardStatistics before = Shard.GetStatistics();
        await Host.Run(() =>
        {
            int handle = Shard.Polls.Register(-1);
            Shard.Polls.Arm(handle, PollDirection.Read, new RecordingWaiter(_ => wakeUp.Signal()));
            return 0;
        });

        // One sleep, from which nothing wakes it. With the wake-up not armed it would get up by itself after a while.
        ShardStatistics after = default;
        Eventually.Until(() => (after = Shard.GetStatistics()).PollsRefused == 1 && after.Sleeps > before.Sleeps && after.PollsArmed == 1 && IsSettled(), "asleep again");
        Assert.Equal(before.Sleeps + 1, Shard.GetStatistics().Sleeps);
    }

    /// <summary>No turn for some time: it sleeps.</summary>
    private bool IsSettled()
    {
        ShardStatistics before = Shard.GetStatistics();
        Thread.Sleep(30);
        return before.Sleeps > 0 && before with { IdleTime = default } == Shard.GetStatistics() with { IdleTime = default };
    }
}
