using System.Diagnostics;
using System.Globalization;
using Reactor.Shards;
using Reactor.Tests.Support;
using Xunit.Abstractions;

namespace Reactor.Tests.Shards;

/// <summary>
/// Messages at the very moment at which their receiver falls asleep or their sender waits for room. Every one is awaited: a
/// lost wake-up is a message that does not come within the deadline.
/// </summary>
/// <remarks>Runs for 3 s, or for as long as REACTOR_STRESS_SECONDS says.</remarks>
[Collection(Alone.Name)]
public sealed class CrossShardStressTests(ITestOutputHelper output)
{
    private const int ForeignThreads = 2;

    private static readonly TimeSpan s_duration = TimeSpan.FromSeconds(
        double.TryParse(Environment.GetEnvironmentVariable("REACTOR_STRESS_SECONDS"), CultureInfo.InvariantCulture, out double seconds) ? seconds : 3);

    /// <summary>One per shard, on CPUs of their own where there are two; and more shards than CPUs.</summary>
    [Theory]
    [InlineData(2, false, true)]
    [InlineData(2, true, false)]
    [InlineData(4, true, true)]
    public async Task No_wake_up_is_lost_at_the_edge_of_sleep(int shards, bool overprovisioned, bool useContext)
    {
        await using var host = new TestHost(options =>
        {
            options.Shards = shards;
            options.Overprovisioned = overprovisioned || Environment.ProcessorCount < shards;
            options.UseSynchronizationContext = useContext;

            // Asleep as soon as there is nothing to do: that is where it is dangerous.
            options.IdlePollTime = overprovisioned ? TimeSpan.Zero : TimeSpan.FromMicroseconds(5);
        });
        using var giveUp = new CancellationTokenSource();
        Progress[] progress = [.. Enumerable.Range(0, shards + ForeignThreads).Select(_ => new Progress())];
        int seed = Seed.Random(output).Next();
        long end = Stopwatch.GetTimestamp() + (long)(s_duration.TotalSeconds * Stopwatch.Frequency);
        Task[] senders =
        [
            .. host.Shards.Select(shard => shard.InvokeAsync(() => Hammer(progress[shard.Id], seed + shard.Id)).AsTask()),
            .. Enumerable.Range(shards, ForeignThreads).Select(index => Task.Run(() => Hammer(progress[index], seed + index))),
        ];
        Task all = Task.WhenAll(senders);
        long[] before = [];
        while (!all.IsCompleted)
        {
            // Nobody is ever without progress for that long, unless something does not come.
            before = [.. progress.Select(each => Volatile.Read(ref each.Messages))];
            await Task.WhenAny(all, Task.Delay(Eventually.Deadline));
            for (int i = 0; i < progress.Length && !all.IsCompleted; i++)
            {
                Assert.False(
                    Volatile.Read(ref progress[i].Messages) == before[i] && !senders[i].IsCompleted,
                    $"A wake-up was lost: for {Eventually.Deadline.TotalSeconds} s nothing has come back to {(i < shards ? $"shard {i}" : $"foreign thread {i - shards}")}, which waits for: {progress[i].Waiting}. "
                    + $"Sent so far: {string.Join(", ", progress.Select(each => each.Messages))}. Sleeps: {string.Join(", ", host.Shards.Select(shard => shard.GetStatistics().Sleeps))}");
            }
        }

        await all;
        long sleeps = host.Shards.Sum(shard => shard.GetStatistics().Sleeps);
        long messages = progress.Sum(each => each.Messages);
        output.WriteLine($"{messages} messages, {sleeps} sleeps, {host.Shards.Sum(shard => shard.GetStatistics().WakeUps)} wake-ups");
        Assert.True(sleeps > 100, $"only {sleeps} sleeps: the edge was not hammered");

        async Task Hammer(Progress own, int seed)
        {
            var random = new Random(seed);
            Shard? home = Shard.Current;
            while (Stopwatch.GetTimestamp() < end)
            {
                Shard target = host.Shards[random.Next(host.Shards.Count)];
                int kind = random.Next(home is null ? 4 : 6);
                own.Waiting = $"kind {kind} from {home?.ToString() ?? "a foreign thread"} to {target}";
                switch (kind)
                {
                    case 0:
                        await target.InvokeAsync(static () => { });
                        break;
                    case 1:
                        // A foreign hop, that comes back by the inbox.
                        await target.InvokeAsync(static async () => await Task.Yield());
                        break;
                    case 2:
                        // Through a third shard.
                        await target.InvokeAsync(static next => next.InvokeAsync(static () => { }), host.Shards[random.Next(host.Shards.Count)]);
                        break;
                    case 3:
                        // Nobody answers a post; its own message does.
                        var posted = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
                        target.Post(static posted => posted.SetResult(), posted);
                        await posted.Task;
                        if (home is not null)
                        {
                            await new ReturnToShard(home, SchedulingGroup.Default);
                        }

                        break;
                    case 4:
                        // A full lane: the sender sleeps while messages wait for room, and nothing is answered until all have come.
                        if (random.Next(50) == 0)
                        {
                            const int Calls = 1_500;
                            var gathering = new Gathering(Calls);
                            await Task.WhenAll(Enumerable.Range(0, Calls).Select(_ => target.InvokeAsync(static gathering => gathering.Arrive(), gathering).AsTask()));
                            if (home is not null)
                            {
                                await new ReturnToShard(home, SchedulingGroup.Default);
                            }
                        }

                        break;
                    case 5:
                        // A timer ends the sleep at the same moment as a message.
                        await Shard.Delay(TimeSpan.FromMicroseconds(random.Next(60)));
                        break;
                }

                Interlocked.Increment(ref own.Messages);

                // About as long as the way to sleep, so that the next message meets every point of it.
                switch (random.Next(4))
                {
                    case 0:
                        break;
                    case 1:
                        Thread.SpinWait(random.Next(50));
                        break;
                    case 2:
                        Thread.SpinWait(random.Next(1_000));
                        break;
                    default:
                        if (home is null)
                        {
                            Thread.Yield();
                        }
                        else
                        {
                            await Shard.Delay(TimeSpan.Zero);
                        }

                        break;
                }
            }

            own.Waiting = "nothing";
        }
    }

    /// <summary>Ends for all when the last has come. On one shard.</summary>
    private sealed class Gathering(int expected)
    {
        private readonly TaskCompletionSource _complete = new();
        private int _missing = expected;

        internal Task Arrive()
        {
            if (--_missing == 0)
            {
                _complete.SetResult();
            }

            return _complete.Task;
        }
    }

    private sealed class Progress
    {
        internal long Messages;

        internal string Waiting { get; set; } = "";
    }
}
