using Reactor.Kernel;
using Reactor.Tests.Support;
using Tmds.Linux;

namespace Reactor.Tests.Shards;

public sealed class StartTests
{
    [Theory]
    [InlineData("")]
    [InlineData("a")]
    [InlineData("3-1")]
    [InlineData("0,,1")]
    [InlineData("99999999999")]
    public void A_CPU_set_that_cannot_be_read_is_refused_with_an_example(string text)
    {
        string message = Refused(options => options.CpuSet = text);
        Assert.Contains("ReactorOptions.CpuSet", message, StringComparison.Ordinal);
        Assert.Contains($"'{text}'", message, StringComparison.Ordinal);
        Assert.Contains("0-3,8", message, StringComparison.Ordinal);
    }

    [Fact]
    public void CPUs_that_the_process_may_not_use_are_refused_with_those_that_it_may()
    {
        string message = Refused(options => options.CpuSet = "0,1023");
        Assert.Contains("ReactorOptions.CpuSet is '0,1023'", message, StringComparison.Ordinal);
        Assert.Contains($"'{ThreadAffinity.Get()}'", message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(63)]
    [InlineData(0)]
    [InlineData(-1)]
    [InlineData(int.MinValue)]
    public void A_poll_budget_too_small_is_refused_with_the_least(int budget)
    {
        string message = Refused(options => options.PollBudget = budget);
        Assert.Contains($"ReactorOptions.PollBudget is {budget}", message, StringComparison.Ordinal);
        Assert.Contains("64", message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    public void Less_than_one_shard_is_refused_with_the_least(int shards)
    {
        string message = Refused(options => options.Shards = shards);
        Assert.Contains($"ReactorOptions.Shards is {shards}", message, StringComparison.Ordinal);
        Assert.Contains("at least 1", message, StringComparison.Ordinal);
    }

    [Fact]
    public void More_shards_than_CPUs_are_refused_with_what_there_is_and_the_way_out()
    {
        int cpus = ThreadAffinity.Get().Count;
        string message = Refused(options => options.Shards = cpus + 1);
        Assert.Contains($"ReactorOptions.Shards is {cpus + 1}: there are CPUs for {cpus}", message, StringComparison.Ordinal);
        Assert.Contains($"the process may run on {ThreadAffinity.Get()}", message, StringComparison.Ordinal);
        Assert.Contains("Overprovisioned", message, StringComparison.Ordinal);
    }

    [Fact]
    public void An_unknown_backend_is_refused_with_those_that_are_known()
    {
        string message = Refused(options => options.Backend = (BackendKind)99);
        Assert.Contains("ReactorOptions.Backend is 99", message, StringComparison.Ordinal);
        Assert.Contains("LinuxAio", message, StringComparison.Ordinal);
    }

    [Fact]
    public void No_callback_for_unhandled_exceptions_is_refused() =>
        Assert.Contains("ReactorOptions.UnhandledException", Refused(options => options.UnhandledException = null!), StringComparison.Ordinal);

    [Theory]
    [InlineData(BackendKind.Auto)]
    [InlineData(BackendKind.LinuxAio)]
    public async Task A_running_shard_names_the_backend_that_was_chosen(BackendKind asked)
    {
        await using var host = new TestHost(options => options.Backend = asked);
        Assert.Equal(BackendKind.LinuxAio, host.Shard.Backend);
    }

    [Fact]
    public async Task Without_a_CPU_set_the_lowest_CPU_is_taken()
    {
        await using var host = new TestHost();
        Assert.Equal(ThreadAffinity.Get().Cpus[0], host.Shard.Cpu);
    }

    [Fact]
    public async Task A_shard_is_pinned_to_the_CPU_that_was_asked_for()
    {
        foreach (int cpu in ThreadAffinity.Get().Cpus)
        {
            await using var host = new TestHost(options => options.CpuSet = $" {cpu} ");
            Assert.Equal(cpu, host.Shard.Cpu);
            Assert.Equal(cpu, await host.Run(LibC.sched_getcpu));
            Assert.Equal([cpu], await host.Run(() => ThreadAffinity.Get().Cpus));
            Assert.Equal($"{cpu}", await host.Run(() => ProcessState.OwnStatus("Cpus_allowed_list")));
        }
    }

    [Fact]
    public async Task Threads_started_on_a_shard_are_not_pinned_with_it()
    {
        CpuSet all = ThreadAffinity.Get();
        await using var host = new TestHost();
        Assert.Equal(all, await host.Run(() =>
        {
            CpuSet? seen = null;
            OwnThread.Run(() => seen = ThreadAffinity.Get());
            return seen;
        }));
    }

    [Fact]
    public async Task Later_changes_of_the_options_are_not_seen()
    {
        var options = new ReactorOptions { Shards = 1, PollBudget = 256 };
        ReactorHost host = ReactorHost.Start(options);
        options.UnhandledException = null!;
        options.Shards = 77;
        Assert.Equal(1, host.Options.Shards);
        Assert.NotNull(host.Options.UnhandledException);
        await host.StopAsync();
    }

    [Fact]
    public async Task Two_hosts_run_side_by_side()
    {
        await using var first = new TestHost();
        await using var second = new TestHost();
        Assert.Same(first.Shard, await first.Run(() => Shard.Current));
        Assert.Same(second.Shard, await second.Run(() => Shard.Current));
    }

    [Fact]
    public async Task The_shard_is_current_on_its_own_thread_and_nowhere_else()
    {
        await using var host = new TestHost();
        Assert.Null(Shard.Current);
        Assert.False(host.Shard.IsOnShard);
        Assert.Same(host.Shard, await host.Run(() => Shard.Current));
        Assert.True(await host.Run(() => host.Shard.IsOnShard));
        Assert.Null(await Task.Run(() => Shard.Current));
    }

    /// <remarks>What flows into the thread of a shard would be seen by everything that ever starts there, and be kept alive by it.</remarks>
    [Fact]
    public async Task The_execution_context_of_the_starter_does_not_flow_into_the_shard()
    {
        var local = new AsyncLocal<string?> { Value = "of the starter" };
        await using var host = new TestHost();
        var seen = new TaskCompletionSource<string?>();
        host.Shard.Post(() => seen.SetResult(local.Value));
        Assert.Null(await Eventually.Ends(seen.Task, "the callback"));
    }

    private static string Refused(Action<ReactorOptions> configure)
    {
        var options = new ReactorOptions { Shards = 1, PollBudget = 256 };
        configure(options);
        return Assert.Throws<ArgumentException>(() => ReactorHost.Start(options)).Message;
    }
}
