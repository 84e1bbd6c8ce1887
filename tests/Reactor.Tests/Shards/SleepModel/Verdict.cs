using Xunit.Abstractions;

namespace Reactor.Tests.Shards.SleepModel;

/// <summary>What an exploration has found: how many states, and the fault, if there is one, with the way that leads to it.</summary>
internal sealed record Verdict(int States, string? Fault, IReadOnlyList<string> Trace)
{
    internal void AssertHolds(ITestOutputHelper output)
    {
        Print(output);
        Assert.True(Fault is null, ToString());
    }

    internal void AssertFails(ITestOutputHelper output, string fault)
    {
        Print(output);
        Assert.Contains(fault, Fault ?? "no fault at all", StringComparison.Ordinal);
    }

    public override string ToString() => $"{States} states, {Fault ?? "no fault"}{string.Concat(Trace.Select(line => $"{Environment.NewLine}  {line}"))}";

    private void Print(ITestOutputHelper output) => output.WriteLine(ToString());
}
