using System.Diagnostics;

namespace Reactor.Bench.Throughput.Inside.Timers;

/// <summary>Loops that wait and see how late it has become.</summary>
internal static class Delays
{
    /// <param name="loops">How many at a time.</param>
    /// <param name="delay">How long each wait is.</param>
    /// <param name="time">How long all of it goes on.</param>
    /// <param name="wait">Waits.</param>
    /// <param name="cancellation">Ctrl-C.</param>
    public static async Task<Samples> RunAsync(int loops, TimeSpan delay, TimeSpan time, Func<TimeSpan, ValueTask> wait, CancellationToken cancellation)
    {
        var samples = new Samples();
        long end = Stopwatch.GetTimestamp() + (long)(time.TotalSeconds * Stopwatch.Frequency);
        await Task.WhenAll(Enumerable.Range(0, loops).Select(_ => LoopAsync()));
        return samples;

        async Task LoopAsync()
        {
            while (!cancellation.IsCancellationRequested)
            {
                long since = Stopwatch.GetTimestamp();
                if (since >= end)
                {
                    return;
                }

                await wait(delay);
                double late = Stopwatch.GetElapsedTime(since).TotalNanoseconds - delay.TotalNanoseconds;

                // Off a shard the loops are on several threads.
                lock (samples)
                {
                    samples.Add(late);
                    samples.Count++;
                }
            }
        }
    }
}
