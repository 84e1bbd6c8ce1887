using System.Diagnostics;

namespace Reactor.Samples.Tests;

/// <summary>Waits for what another thread or process is about to bring about.</summary>
internal static class Eventually
{
    /// <summary>For everything that has no limit of its own: long enough for a busy machine, short enough for a hung test.</summary>
    internal static readonly TimeSpan Deadline = TimeSpan.FromSeconds(20);

    internal static void Until(Func<bool> condition, string what)
    {
        long start = Stopwatch.GetTimestamp();
        while (!condition())
        {
            if (Stopwatch.GetElapsedTime(start) > Deadline)
            {
                Assert.Fail($"After {Deadline.TotalSeconds} s there is still not: {what}");
            }

            Thread.Sleep(1);
        }
    }
}
