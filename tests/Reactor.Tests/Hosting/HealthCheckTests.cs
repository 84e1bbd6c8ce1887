using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Reactor.Tests.Support;

namespace Reactor.Tests.Hosting;

/// <summary>The health check asks every shard, and is not held up by those that do not answer.</summary>
public sealed class HealthCheckTests
{
    [Fact]
    public async Task Shards_that_sleep_are_healthy()
    {
        await using TestApplication application = await StartAsync();
        await Eventually.Comes(() => application.Reactor.Shards.All(shard => shard.Activity.IsIdle), "all shards asleep");

        HealthReportEntry entry = await CheckAsync(application);

        Assert.Equal(HealthStatus.Healthy, entry.Status);
        Assert.Equal("All shards turn.", entry.Description);
        Assert.Equal("Healthy", entry.Data["shard.0.status"]);
        Assert.IsType<TimeSpan>(entry.Data["shard.1.age"]);
    }

    [Fact]
    public async Task A_shard_that_is_busy_and_turns_is_healthy()
    {
        await using TestApplication application = await StartAsync();
        using var stop = new CancellationTokenSource();
        Task busy = application.Reactor.Shards[0].InvokeAsync(async () =>
        {
            while (!stop.IsCancellationRequested)
            {
                await Shard.Yield();
            }
        }).AsTask();

        Assert.Equal(HealthStatus.Healthy, (await CheckAsync(application)).Status);

        stop.Cancel();
        await busy;
    }

    [Fact]
    public async Task A_shard_that_does_not_turn_is_degraded_then_unhealthy_and_healthy_again()
    {
        await using TestApplication application = await StartAsync(degradedAfter: TimeSpan.FromMilliseconds(100), unhealthyAfter: TimeSpan.FromSeconds(2));
        using var block = new Block(application.Reactor.Shards[1]);

        HealthReportEntry degraded = await CheckAsync(application);
        Assert.Equal(HealthStatus.Degraded, degraded.Status);
        Assert.Equal("Healthy", degraded.Data["shard.0.status"]);
        Assert.Equal("Degraded", degraded.Data["shard.1.status"]);
        Assert.Contains(nameof(Block), (string)degraded.Data["shard.1.running"], StringComparison.Ordinal);
        Assert.Contains("shard 1 has not turned for", degraded.Description, StringComparison.Ordinal);

        HealthReportEntry last = degraded;
        await Eventually.Comes(() => (last = CheckAsync(application).GetAwaiter().GetResult()).Status == HealthStatus.Unhealthy, "unhealthy");
        Assert.True((TimeSpan)last.Data["shard.1.age"] >= TimeSpan.FromSeconds(2));

        block.Dispose();
        await Eventually.Comes(() => CheckAsync(application).GetAwaiter().GetResult().Status == HealthStatus.Healthy, "healthy again");
    }

    [Fact]
    public async Task The_status_of_a_failure_can_be_chosen()
    {
        await using TestApplication application = await TestApplication.StartAsync(services => services.AddHealthChecks().AddReactor(
            failureStatus: HealthStatus.Degraded,
            configure: options => options.DegradedAfter = options.UnhealthyAfter = TimeSpan.FromMilliseconds(50)));
        using var block = new Block(application.Reactor.Shards[0]);

        Assert.Equal(HealthStatus.Degraded, (await CheckAsync(application)).Status);
    }

    [Fact]
    public async Task Questions_do_not_pile_up_at_a_shard_that_does_not_answer()
    {
        await using TestApplication application = await TestApplication.StartAsync(services =>
        {
            services.AddHealthChecks().AddReactor(configure: Quick).AddReactor("again", configure: Quick);
        });
        Shard shard = application.Reactor.Shards[1];
        var block = new Block(shard);
        for (int i = 0; i < 10; i++)
        {
            await CheckAsync(application);
        }

        long before = shard.GetStatistics().ItemsRun;
        block.Dispose();
        await shard.InvokeAsync(() => { });

        // The block, one question, and the call here.
        Assert.InRange(shard.GetStatistics().ItemsRun - before, 1, 3);
    }

    [Fact]
    public async Task Shards_that_have_stopped_are_unhealthy()
    {
        await using TestApplication application = await StartAsync();
        await application.Reactor.StopAsync();

        HealthReportEntry entry = await CheckAsync(application);

        Assert.Equal(HealthStatus.Unhealthy, entry.Status);
        Assert.Contains("shard 0 has stopped", entry.Description, StringComparison.Ordinal);
    }

    [Fact]
    public void Ages_that_make_no_sense_are_refused()
    {
        IHealthChecksBuilder builder = new ServiceCollection().AddHealthChecks();

        Assert.Throws<ArgumentException>(() => builder.AddReactor(configure: options => options.DegradedAfter = TimeSpan.Zero));
        Assert.Throws<ArgumentException>(() => builder.AddReactor(configure: options => options.UnhealthyAfter = TimeSpan.FromMilliseconds(1)));
    }

    private static void Quick(ReactorHealthCheckOptions options) => options.DegradedAfter = TimeSpan.FromMilliseconds(10);

    private static Task<TestApplication> StartAsync(TimeSpan? degradedAfter = null, TimeSpan? unhealthyAfter = null) =>
        TestApplication.StartAsync(services => services.AddHealthChecks().AddReactor(configure: options =>
        {
            // Where nothing is blocked, a busy machine is to pass.
            options.DegradedAfter = degradedAfter ?? TimeSpan.FromSeconds(20);
            options.UnhealthyAfter = unhealthyAfter ?? TimeSpan.FromSeconds(30);
        }));

    private static async Task<HealthReportEntry> CheckAsync(TestApplication application)
    {
        HealthReport report = await Eventually.Ends(application.Services.GetRequiredService<HealthCheckService>().CheckHealthAsync(), "the health check");
        return report.Entries["reactor"];
    }

    /// <summary>Blocks a shard.</summary>
    private sealed class Block : IDisposable
    {
        private readonly ManualResetEventSlim _release = new();

        internal Block(Shard shard)
        {
            var isBlocked = new ManualResetEventSlim();
            shard.Post(() =>
            {
                isBlocked.Set();
                _release.Wait();
            });
            isBlocked.Wait();
        }

        public void Dispose() => _release.Set();
    }
}
