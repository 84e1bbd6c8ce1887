using System.Diagnostics;
using Reactor.Kernel;
using Reactor.Shards;
using Reactor.Tests.Support;

namespace Reactor.Tests.Shards;

public sealed class IdleSpinTests
{
    private static readonly TimeSpan s_longest = TimeSpan.FromMicroseconds(80);

    private static long LongestTicks => (long)(s_longest.TotalSeconds * Stopwatch.Frequency);

    [Fact]
    public void It_begins_without_spinning() => Assert.Equal(0, new IdleSpin(s_longest).Window);

    [Fact]
    public void Short_idle_periods_lengthen_the_window_up_to_the_longest()
    {
        var spin = new IdleSpin(s_longest);
        long last = 0;
        for (int i = 0; i < 20; i++)
        {
            spin.Adapt(LongestTicks);
            Assert.True(spin.Window > last || spin.Window == LongestTicks);
            last = spin.Window;
        }

        Assert.Equal(LongestTicks, spin.Window);
    }

    [Fact]
    public void Long_idle_periods_shorten_it_to_nothing()
    {
        var spin = new IdleSpin(s_longest);
        for (int i = 0; i < 20; i++)
        {
            spin.Adapt(0);
        }

        int periods = 0;
        while (spin.Window > 0)
        {
            spin.Adapt(LongestTicks + 1);
            Assert.True(++periods < 20);
        }
    }

    [Fact]
    public async Task Zero_never_spins()
    {
        await using var host = new TestHost();
        var spin = new IdleSpin(TimeSpan.Zero);
        await host.Run(() =>
        {
            for (int i = 0; i < 20; i++)
            {
                Assert.False(spin.TrySpin(host.Shard, Stopwatch.GetTimestamp(), out _));
                spin.OnSlept(Stopwatch.GetTimestamp());
            }

            return 0;
        });
        Assert.Equal(0, spin.Window);
    }

    /// <remarks>The shard under the spin is one that has no news, since it is busy running the test.</remarks>
    [Fact]
    public async Task Spinning_in_vain_again_and_again_stops_it_although_the_periods_are_short()
    {
        await using var host = new TestHost();
        await host.Run(() =>
        {
            var spin = new IdleSpin(s_longest);
            int vain = 0;
            for (int i = 0; i < 200; i++)
            {
                spin.Adapt(0);
                long window = spin.Window;
                Assert.False(spin.TrySpin(host.Shard, Stopwatch.GetTimestamp(), out _));
                vain += window > 0 && spin.Window == 0 ? 1 : 0;
                if (vain > 0)
                {
                    break;
                }
            }

            Assert.Equal(1, vain);
            return 0;
        });
    }

    [Fact]
    public async Task News_ends_the_spin()
    {
        await using var host = new TestHost();
        await host.Run(() =>
        {
            var spin = new IdleSpin(TimeSpan.FromSeconds(60));
            for (int i = 0; i < 64; i++)
            {
                spin.Adapt(0);
            }

            var poster = new Thread(() => host.Shard.Post(static () => { })) { IsBackground = true };
            poster.Start();
            Assert.True(spin.TrySpin(host.Shard, Stopwatch.GetTimestamp(), out _));
            return 0;
        });
    }

    /// <remarks>On the only CPU whoever has the news could not run meanwhile: there it sleeps all the same.</remarks>
    [Fact]
    public async Task A_shard_that_polls_without_end_does_not_sleep_unless_it_has_the_only_CPU()
    {
        await using var host = new TestHost(options => options.IdlePollTime = Timeout.InfiniteTimeSpan);
        await host.Run(() => 0);
        for (int i = 0; i < 100; i++)
        {
            await Task.Run(() => host.Run(() => 0));
        }

        Assert.Equal(ThreadAffinity.Get().Count == 1, host.Shard.GetStatistics().Sleeps > 0);
    }
}
