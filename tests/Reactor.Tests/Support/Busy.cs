using System.Diagnostics;

namespace Reactor.Tests.Support;

/// <summary>Code that keeps its thread for a time, as a long callback does.</summary>
internal static class Busy
{
    internal static void For(TimeSpan time) => Until(Stopwatch.GetTimestamp() + Shard.ToStopwatchTicks(time));

    /// <param name="timestamp">In Stopwatch ticks.</param>
    internal static void Until(long timestamp)
    {
        while (Stopwatch.GetTimestamp() < timestamp)
        {
            Thread.SpinWait(10);
        }
    }
}
