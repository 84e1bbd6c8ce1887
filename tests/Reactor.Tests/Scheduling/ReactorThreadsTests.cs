using Reactor.Tests.Support;

namespace Reactor.Tests.Scheduling;

[Collection(Alone.Name)]
public sealed class ReactorThreadsTests
{
    /// <remarks>Nobody but the shards themselves, and the kernel, tells them that their slices are over. The thread that looks for stalls runs seldom.</remarks>
    [Fact]
    public async Task A_loaded_host_has_no_thread_that_is_woken_for_slices()
    {
        List<string> before = Threads();
        await using var host = TestHost.Many(2);
        bool isOver = false;
        int[] preempted = new int[2];
        Task[] hogs = [.. host.Shards.Select(shard => TestHost.On(shard, async () =>
        {
            while (!Volatile.Read(ref isOver))
            {
                if (Shard.NeedsPreempt)
                {
                    preempted[shard.Id]++;
                }

                await Shard.YieldIfNeeded();
            }
        }))];
        long watcherRan = ProcessState.Switches("reactor-watch");
        await Eventually.Comes(() => preempted.All(times => Volatile.Read(ref times) > 100), "slices that end");
        watcherRan = ProcessState.Switches("reactor-watch") - watcherRan;
        Assert.InRange(watcherRan, 0, preempted.Sum() / 2);
        List<string> during = Threads();
        Volatile.Write(ref isOver, true);
        await Task.WhenAll(hogs);
        before.ForEach(name => during.Remove(name));

        // The runtime names its own .NET….
        Assert.Equal(["reactor-watch", "reactor/0", "reactor/1"], during.Where(name => !name.StartsWith(".NET", StringComparison.Ordinal)).Order());
    }

    private static List<string> Threads() => [.. Directory.GetDirectories("/proc/self/task").Select(static task =>
    {
        try
        {
            return File.ReadAllText($"{task}/comm").Trim();
        }
        catch (IOException)
        {
            // It has ended meanwhile.
            return ".NET";
        }
    })];
}
