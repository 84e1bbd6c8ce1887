using System.CommandLine;
using Reactor.Bench.Throughput.Results;
using Spectre.Console;

namespace Reactor.Bench.Throughput.Inside.CrossShard;

/// <summary>The <c>crossshard</c> subcommand.</summary>
internal static class CrossShardCommand
{
    private const int Many = 1_024;

    private static readonly string[] s_columns = ["calls/s", "p50 µs", "p99 µs"];

    public static Command Create() => InsideCommand.Create(
        "crossshard",
        "Calls from a shard to another and back, one at a time and many in flight, and the same over channels.",
        static (settings, _, console, cancellation) => RunAsync(settings, console, cancellation));

    public static Task<FigureTable> RunAsync(InsideSettings settings, IAnsiConsole console, CancellationToken cancellation)
    {
        TimeSpan byDefault = new ReactorOptions().IdlePollTime;
        return InsideRun.ExecuteAsync(
            "crossshard",
            "Calls to another CPU and back",
            s_columns,
            [
                Shards("shards, one call at a time, both polling", Timeout.InfiniteTimeSpan, 1),
                Shards("shards, one at a time, by default", byDefault, 1),
                Shards("shards, one at a time, both sleeping", TimeSpan.Zero, 1),
                Shards($"shards, {Many:N0} in flight, both polling", Timeout.InfiniteTimeSpan, Many),
                Shards($"shards, {Many:N0} in flight, by default", byDefault, Many),
                Channels("channels on the thread pool, one at a time", 1),
                Channels($"channels on the thread pool, {Many:N0} in flight", Many),
            ],
            settings,
            console,
            cancellation);
    }

    private static InsideCase Shards(string name, TimeSpan idlePollTime, int inFlight) =>
        Case(name, (time, cancellation) => ShardCalls.MeasureAsync(idlePollTime, inFlight, time, cancellation));

    private static InsideCase Channels(string name, int inFlight) =>
        Case(name, (time, cancellation) => ChannelCalls.MeasureAsync(inFlight, time, cancellation));

    private static InsideCase Case(string name, Func<TimeSpan, CancellationToken, Task<Samples>> measure) => new(name, async (time, cancellation) =>
    {
        var samples = await measure(time, cancellation);
        return [samples.Count / time.TotalSeconds, samples.At(50) / 1e3, samples.At(99) / 1e3];
    });
}
