using System.Diagnostics;

namespace Reactor.Net.Tests;

/// <summary>Waiting for a condition, with a deadline that is long enough for a loaded machine and fails the test.</summary>
internal static class Eventually
{
    /// <summary>After this, what has not come will not come.</summary>
    internal static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    /// <summary>What a user calls at once; long enough for two CPUs that several tests share.</summary>
    internal static readonly TimeSpan Promptly = TimeSpan.FromSeconds(5);

    internal static Task IsTrueAsync(Func<bool> condition, string expectation, TimeSpan? patience = null) =>
        WaitAsync(condition, () => expectation, patience);

    internal static Task IsEqualAsync<T>(T expected, Func<T> actual, string what, TimeSpan? patience = null) =>
        WaitAsync(() => EqualityComparer<T>.Default.Equals(expected, actual()), () => $"{what} should become {expected}, is {actual()}", patience);

    private static async Task WaitAsync(Func<bool> condition, Func<string> expectation, TimeSpan? patience)
    {
        long start = Stopwatch.GetTimestamp();
        while (!condition())
        {
            if (Stopwatch.GetElapsedTime(start) > (patience ?? Patience))
            {
                Assert.Fail($"Waited in vain: {expectation()}");
            }

            await Task.Delay(1);
        }
    }
}
