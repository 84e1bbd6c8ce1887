using System.CommandLine;
using Reactor.Bench.Throughput.Results;
using Spectre.Console;

namespace Reactor.Bench.Throughput.Inside.Timers;

/// <summary>The <c>timers</c> subcommand.</summary>
internal static class TimersCommand
{
    private const int Many = 10_000;

    private static readonly TimeSpan s_short = TimeSpan.FromMilliseconds(1);
    private static readonly TimeSpan s_long = TimeSpan.FromMilliseconds(100);
    private static readonly string[] s_columns = ["fired/s", "late by, p50 µs", "late by, p99 µs"];

    public static Command Create() => InsideCommand.Create(
        "timers",
        "How late delays end, on a shard and on .NET's own timers. (What arming and cancelling costs is told by bench/Micro.)",
        static (settings, _, console, cancellation) => RunAsync(settings, console, cancellation));

    public static Task<FigureTable> RunAsync(InsideSettings settings, IAnsiConsole console, CancellationToken cancellation) =>
        InsideRun.ExecuteAsync(
            "timers",
            "Delays",
            s_columns,
            [
                OnShard("Shard.Delay, 1 ms, the shard polls", Timeout.InfiniteTimeSpan, 1, s_short),
                OnShard("Shard.Delay, 1 ms, the shard sleeps", TimeSpan.Zero, 1, s_short),
                OnShard($"Shard.Delay, {Many:N0} at a time of 100 ms", TimeSpan.Zero, Many, s_long),
                Case("Task.Delay, 1 ms", (time, cancellation) => Delays.RunAsync(1, s_short, time, static delay => new ValueTask(Task.Delay(delay)), cancellation)),
                Case($"Task.Delay, {Many:N0} at a time of 100 ms", (time, cancellation) => Delays.RunAsync(Many, s_long, time, static delay => new ValueTask(Task.Delay(delay)), cancellation)),
            ],
            settings,
            console,
            cancellation);

    private static InsideCase OnShard(string name, TimeSpan idlePollTime, int loops, TimeSpan delay) => Case(name, async (time, cancellation) =>
    {
        await using var host = ReactorHost.Start(new ReactorOptions { CpuSet = $"{Cpus.Server}", IdlePollTime = idlePollTime, StallThreshold = Timeout.InfiniteTimeSpan });
        return await host.Shards[0].InvokeAsync(() => Delays.RunAsync(loops, delay, time, static delay => Shard.Delay(delay), cancellation), CancellationToken.None);
    });

    private static InsideCase Case(string name, Func<TimeSpan, CancellationToken, Task<Samples>> measure) => new(name, async (time, cancellation) =>
    {
        var samples = await measure(time, cancellation);
        return [samples.Count / time.TotalSeconds, samples.At(50) / 1e3, samples.At(99) / 1e3];
    });
}
