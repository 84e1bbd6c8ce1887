using System.Diagnostics;
using Reactor.Shards;
using Reactor.Tests.Support;

namespace Reactor.Tests.Shards;

public sealed class IdleTimeTests
{
    [Fact]
    public void Before_the_start_there_is_none()
    {
        var time = new IdleTime();
        Assert.Equal(default, time.Read());
        time.Stop(Stopwatch.GetTimestamp());
        Assert.Equal(default, time.Read());
    }

    [Fact]
    public void Idle_periods_add_up()
    {
        long start = Stopwatch.GetTimestamp() - Ticks(100);
        var time = new IdleTime();
        time.Start(start);
        time.Begin(start + Ticks(10));
        time.End(start + Ticks(30));
        time.Begin(start + Ticks(40));
        time.End(start + Ticks(45));

        (TimeSpan busy, TimeSpan idle) = time.Read();
        Assert.Equal(TimeSpan.FromMilliseconds(25), idle);
        Assert.True(busy >= TimeSpan.FromMilliseconds(75));
    }

    [Fact]
    public void A_period_that_goes_on_counts_up_to_now_and_is_not_busy()
    {
        long start = Stopwatch.GetTimestamp() - Ticks(100);
        var time = new IdleTime();
        time.Start(start);
        time.Begin(start + Ticks(10));

        (TimeSpan busy, TimeSpan idle) = time.Read();
        Assert.Equal(TimeSpan.FromMilliseconds(10), busy);
        Assert.True(idle >= TimeSpan.FromMilliseconds(90));
    }

    /// <remarks>A reader may be held up anywhere: between any two of its looks, periods begin and end.</remarks>
    [Fact]
    public async Task A_reader_sees_neither_go_back_whatever_the_shard_does_meanwhile()
    {
        long begin = Stopwatch.GetTimestamp();
        var time = new IdleTime();
        time.Start(begin);
        using var end = new CancellationTokenSource();
        Task shard = Task.Run(() =>
        {
            while (!end.IsCancellationRequested)
            {
                time.Begin(Stopwatch.GetTimestamp());
                Thread.SpinWait(1);
                time.End(Stopwatch.GetTimestamp());
                Thread.SpinWait(1);
            }

            time.Stop(Stopwatch.GetTimestamp());
        });
        Eventually.Until(() => time.Read().Idle > TimeSpan.Zero, "the shard is idle now and then");
        (TimeSpan Busy, TimeSpan Idle) last = default;
        for (int i = 0; i < 500_000; i++)
        {
            Look();
        }

        await end.CancelAsync();
        while (!shard.IsCompleted)
        {
            Look();
        }

        Look();
        Assert.Equal(last, time.Read());

        void Look()
        {
            (TimeSpan Busy, TimeSpan Idle) now = time.Read();
            Assert.True(now.Busy >= last.Busy && now.Idle >= last.Idle, $"{now} after {last}");
            last = now;
        }
    }

    private static long Ticks(int milliseconds) => Shard.ToStopwatchTicks(TimeSpan.FromMilliseconds(milliseconds));
}
