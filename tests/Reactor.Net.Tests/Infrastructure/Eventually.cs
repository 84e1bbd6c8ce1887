using System.Diagnostics;

namespace Reactor.Net.Tests;

/// <summary>Waiting for a condition, with a deadline that is long enough for a loaded machine and fails the test.</summary>
internal static class Eventually
{
    /// <summary>After this, what has not come will not come.</summary>
    internal static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    /// <summary>What a user calls at once; long enough for two CPUs that several tests share.</summary>
    internal static readonly TimeSpan Promptly = TimeSpan.FromSeconds(5);

    internal static async Task IsTrueAsync(Func<bool> condition, string expectation, TimeSpan? patience = null)
    {
        long start = Stopwatch.GetTimestamp();
        while (!condition())
        {
            Assert.True(Stopwatch.GetElapsedTime(start) < (patience ?? Patience), $"Waited in vain: {expectation}");
            await Task.Delay(1);
        }
    }

    internal static Task IsEqualAsync<T>(T expected, Func<T> actual, string what, TimeSpan? patience = null) =>
        IsTrueAsync(() => EqualityComparer<T>.Default.Equals(expected, actual()), $"{what} should become {expected}, is {actual()}", patience);
}
