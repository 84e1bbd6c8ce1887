using System.Diagnostics;
using System.Threading.Channels;

namespace Reactor.Bench.Throughput.Inside.CrossShard;

/// <summary>What one would write without shards: a bounded channel for the requests, one for the answers, and a loop at each end.</summary>
internal static class ChannelCalls
{
    public static async Task<Samples> MeasureAsync(int inFlight, TimeSpan time, CancellationToken cancellation)
    {
        var requests = Create(inFlight);
        var answers = Create(inFlight);
        Task serving = Task.Run(() => ServeAsync(requests.Reader, answers.Writer), CancellationToken.None);
        var samples = await Task.Run(() => CallAsync(requests.Writer, answers.Reader, inFlight, time, cancellation), CancellationToken.None);
        await serving;
        return samples;
    }

    /// <summary>What crosses is the time at which the call was made, so that the answer tells how long it took.</summary>
    private static Channel<long> Create(int capacity) =>
        Channel.CreateBounded<long>(new BoundedChannelOptions(capacity) { SingleReader = true, SingleWriter = true });

    private static async Task ServeAsync(ChannelReader<long> requests, ChannelWriter<long> answers)
    {
        await foreach (long request in requests.ReadAllAsync())
        {
            await answers.WriteAsync(request);
        }
    }

    private static async Task<Samples> CallAsync(ChannelWriter<long> requests, ChannelReader<long> answers, int inFlight, TimeSpan time, CancellationToken cancellation)
    {
        var samples = new Samples();
        long end = Stopwatch.GetTimestamp() + (long)(time.TotalSeconds * Stopwatch.Frequency);
        for (int i = 0; i < inFlight; i++)
        {
            await requests.WriteAsync(Stopwatch.GetTimestamp(), cancellation);
        }

        while (true)
        {
            samples.AddSince(await answers.ReadAsync(cancellation));
            samples.Count++;
            long now = Stopwatch.GetTimestamp();
            if (now >= end || cancellation.IsCancellationRequested)
            {
                break;
            }

            await requests.WriteAsync(now, cancellation);
        }

        requests.Complete();
        return samples;
    }
}
