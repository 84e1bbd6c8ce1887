using System.Diagnostics;

namespace Reactor.Tests.Support;

/// <summary>Waiting for what has to come true. The deadline is for broken code only; nothing is timed by it.</summary>
internal static class Eventually
{
    internal static readonly TimeSpan Deadline = TimeSpan.FromSeconds(30);

    internal static void Until(Func<bool> condition, string what)
    {
        long start = Stopwatch.GetTimestamp();
        var spin = new SpinWait();
        while (!condition())
        {
            if (Stopwatch.GetElapsedTime(start) > Deadline)
            {
                Assert.Fail($"In {Deadline.TotalSeconds} s this did not come true: {what}");
            }

            spin.SpinOnce();
        }
    }

    /// <summary>As <see cref="Until"/>, without blocking a shard.</summary>
    internal static async Task Comes(Func<bool> condition, string what)
    {
        long start = Stopwatch.GetTimestamp();
        while (!condition())
        {
            Assert.True(Stopwatch.GetElapsedTime(start) < Deadline, $"In {Deadline.TotalSeconds} s this did not come true: {what}");
            await Task.Delay(1);
        }
    }

    /// <summary>The task's end, or a failure that says what was waited for.</summary>
    internal static async Task Ends(Task task, string what)
    {
        await Task.WhenAny(task, Task.Delay(Deadline));
        Assert.True(task.IsCompleted, $"In {Deadline.TotalSeconds} s this did not end: {what}");
        await task;
    }

    /// <inheritdoc cref="Ends(Task, string)"/>
    internal static async Task<T> Ends<T>(Task<T> task, string what)
    {
        await Ends((Task)task, what);
        return await task;
    }
}
