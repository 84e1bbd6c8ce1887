using System.Diagnostics;
using Reactor.Bench.Throughput.Clocks;
using Reactor.Bench.Throughput.Load;

namespace Throughput.Tests;

[Collection(Alone.Name)]
public sealed class ClockTests
{
    [Fact]
    public void A_tasks_counters_come_from_schedstat_and_status()
    {
        const string Status = "Name:\tserver\nvoluntary_ctxt_switches:\t12\nnonvoluntary_ctxt_switches:\t3\n";

        Assert.Equal(new TaskCounters(123_456_789, 12, 3), TaskCounters.Parse("123456789 55 7\n", Status));
    }

    [Fact]
    public void Resident_memory_is_read_without_its_unit() =>
        Assert.Equal(2048, StatusFile.Number("VmHWM:\t    9999 kB\nVmRSS:\t    2048 kB\n", "VmRSS"));

    [Fact]
    public void A_thread_that_ended_takes_nothing_out_of_the_sum_and_a_new_one_counts_in_full()
    {
        var before = new CpuSnapshot(new Dictionary<int, TaskCounters> { [1] = new(100, 1, 1), [2] = new(5000, 9, 9) });
        var after = new CpuSnapshot(new Dictionary<int, TaskCounters> { [1] = new(150, 3, 1), [3] = new(30, 2, 0) });

        Assert.Equal(new TaskCounters(80, 4, 0), after.Since(before));
    }

    [Fact]
    public void The_clock_of_a_process_agrees_with_the_runtimes_own()
    {
        var clock = new CpuClock(Environment.ProcessId);
        var before = clock.Read();
        var runtimeBefore = Environment.CpuUsage.TotalTime;
        while (Environment.CpuUsage.TotalTime - runtimeBefore < TimeSpan.FromMilliseconds(300))
        {
        }

        var used = TimeSpan.FromMicroseconds(clock.Read().Since(before).CpuNanoseconds / 1e3);
        var runtimeUsed = Environment.CpuUsage.TotalTime - runtimeBefore;

        // The runtime's own threads may use CPU between the readings; half as much again would be another quantity.
        Assert.InRange(used / runtimeUsed, 0.7, 1.5);
    }

    [Fact]
    public void The_clock_counts_children()
    {
        using var child = Process.Start("sh", ["-c", "while :; do :; done"]);
        try
        {
            var clock = new CpuClock(Environment.ProcessId);
            var childClock = new CpuClock(child.Id);
            var start = clock.Read();
            var childStart = childClock.Read();

            bool Counted() => childClock.Read().Since(childStart).CpuNanoseconds > 100_000_000;
            Assert.True(SpinWait.SpinUntil(Counted, TimeSpan.FromSeconds(20)));
            Assert.True(clock.Read().Since(start).CpuNanoseconds > 100_000_000);
        }
        finally
        {
            child.Kill();
        }
    }

    [Fact]
    public void The_machine_is_busy_in_user_nice_system_and_interrupts_only() =>
        Assert.Equal(11_111 * 10_000_000L, ForeignLoad.ParseMachineBusy("cpu  1 10 100 70000 80000 1000 10000 90000 20000 30000\ncpu0 1 1 1 1\n"));

    [Fact]
    public void Own_time_is_that_of_the_process_and_of_its_children_that_have_ended()
    {
        const string Stat = "42 (odd ) name) S 1 2 3 4 5 6 7 8 9 10 1 20 300 4000 20 0 1";

        Assert.Equal(4321 * 10_000_000L, ForeignLoad.ParseOwnAndReaped(Stat));
    }

    [Theory]
    [InlineData("Max open files            1024                 20000                files     \n", 1024)]
    [InlineData("Max open files            unlimited            unlimited            files     \n", int.MaxValue)]
    public void The_descriptor_limit_is_the_soft_one(string limits, int expected) =>
        Assert.Equal(expected, IdleConnections.OpenFilesLimit("Limit   Soft Limit   Hard Limit   Units\n" + limits));
}
