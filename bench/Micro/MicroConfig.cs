using BenchmarkDotNet.Columns;
using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Diagnosers;
using BenchmarkDotNet.Exporters;
using BenchmarkDotNet.Jobs;
using BenchmarkDotNet.Loggers;
using BenchmarkDotNet.Reports;
using Perfolizer.Horology;
using Perfolizer.Mathematics.OutlierDetection;

namespace Reactor.Bench.Micro;

/// <summary>How everything here is measured, and which columns tell it.</summary>
/// <remarks>
/// A benchmark is one call of its method, some tenths of a second long, in which a loop on the shard does all of the
/// operations: the way of the benchmark's own thread to the shard and back, which may take milliseconds while two shards
/// poll on two CPUs, is then lost in the loop, and that thread sleeps meanwhile. Each benchmark has a process of its own, so
/// that what the runtime learns from one (profile-guided inlining, tiers) does not shape the next.
/// </remarks>
internal sealed class MicroConfig : ManualConfig
{
    public const string QuickOption = "--quick";

    public MicroConfig(bool quick)
    {
        Job job = Job.Default
            .WithId(quick ? "Quick" : "Full")
            .WithInvocationCount(1)
            .WithUnrollFactor(1)
            .WithWarmupCount(quick ? 2 : 5)
            .WithIterationCount(quick ? 3 : 15)

            // An empty method takes nothing beside some tenths of a second.
            .WithEvaluateOverhead(false)

            // On a machine with neighbours, the slow ones are part of the answer; the median and the minimum stand beside.
            .WithOutlierMode(OutlierMode.DontRemove);
        AddJob(job);
        AddDiagnoser(MemoryDiagnoser.Default);
        AddColumnProvider(DefaultColumnProviders.Descriptor, DefaultColumnProviders.Params, DefaultColumnProviders.Metrics);
        AddColumn(StatisticColumn.Median, StatisticColumn.Min, StatisticColumn.Max, StatisticColumn.OperationsPerSecond, BaselineRatioColumn.RatioMean);
        AddLogger(ConsoleLogger.Default);
        AddExporter(MarkdownExporter.GitHub);
        HideColumns(Column.Gen0, Column.Gen1, Column.Gen2);
        WithSummaryStyle(SummaryStyle.Default.WithTimeUnit(TimeUnit.Nanosecond));
    }
}
