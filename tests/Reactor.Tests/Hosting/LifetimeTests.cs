using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;
using Reactor.Tests.Support;

namespace Reactor.Tests.Hosting;

/// <summary>The shards of an application begin before its servers and end after them.</summary>
public sealed class LifetimeTests
{
    [Fact]
    public async Task The_host_can_be_injected_and_its_shards_run()
    {
        await using TestApplication application = await TestApplication.StartAsync(services => services.AddReactor());

        int[] ids = await Task.WhenAll(application.Reactor.Shards.Select(shard => shard.InvokeAsync(() => Shard.Current!.Id).AsTask()));

        Assert.Equal([0, 1], ids);
    }

    [Fact]
    public async Task The_log_says_which_shards_run_and_that_they_have_stopped()
    {
        TestApplication application = await TestApplication.StartAsync(services => services.AddReactor());
        await application.DisposeAsync();

        Assert.Contains(application.Log.Of("Reactor", 1), entry => entry.Message.Contains("2 shards", StringComparison.Ordinal));
        Assert.Contains(application.Log.Of("Reactor", 1), entry => entry.Message.Contains("polls through", StringComparison.Ordinal));
        Assert.Equal("2 shards have stopped.", Assert.Single(application.Log.Of("Reactor", 2)).Message);
    }

    [Fact]
    public async Task Hosted_services_find_the_shards_running_at_their_start_and_at_their_stop_wherever_they_are_registered()
    {
        var before = new Probe();
        var after = new Probe();
        TestApplication application = await TestApplication.StartAsync(services =>
        {
            services.AddSingleton<IHostedService>(provider => before.With(provider));
            services.AddReactor();
            services.AddSingleton<IHostedService>(provider => after.With(provider));
        });
        await application.DisposeAsync();

        Assert.Equal(["start 2", "stop 2"], before.Seen);
        Assert.Equal(["start 2", "stop 2"], after.Seen);
    }

    [Fact]
    public async Task Whoever_asks_for_the_host_before_the_start_has_it_started()
    {
        await using var application = new TestApplication(services => services.AddReactor());

        Assert.Equal(1, await application.Reactor.Shards[1].InvokeAsync(() => Shard.Current!.Id));
        await application.StartAsync();
        Assert.Same(application.Reactor, application.Services.GetRequiredService<ReactorHost>());
    }

    [Fact]
    public async Task A_container_without_a_host_starts_the_shards_for_whoever_asks_and_stops_them_with_itself()
    {
        ReactorHost host;
        await using (ServiceProvider services = new ServiceCollection().AddReactor(Small).BuildServiceProvider())
        {
            host = services.GetRequiredService<ReactorHost>();
            Assert.Equal(0, await host.Shards[0].InvokeAsync(() => Shard.Current!.Id));
        }

        Assert.All(host.Shards, shard => Assert.True(shard.HasStopped));
    }

    [Fact]
    public async Task Shards_that_nobody_asks_for_are_not_started()
    {
        await using ServiceProvider services = new ServiceCollection().AddReactor(options => options.CpuSet = "no CPU").BuildServiceProvider();

        Assert.Throws<OptionsValidationException>(services.GetRequiredService<ReactorHost>);
    }

    [Fact]
    public async Task Adding_it_twice_starts_it_once_with_the_options_of_both()
    {
        await using TestApplication application = await TestApplication.StartAsync(services => services
            .AddReactor(options => options.Shards = 3)
            .AddReactor(options => options.PollBudget = 128));

        Assert.Equal(3, application.Reactor.Shards.Count);
        Assert.Equal(128, application.Reactor.Options.PollBudget);
        Assert.Single(application.Log.Of("Reactor", 1), entry => entry.Message.Contains("3 shards", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_start_that_another_service_fails_leaves_no_shards_when_the_host_is_disposed()
    {
        var application = new TestApplication(services => services.AddReactor().AddHostedService<FailingService>());
        ReactorHost host = application.Reactor;

        await Assert.ThrowsAsync<IOException>(() => application.StartAsync());
        await application.DisposeAsync();

        Assert.All(host.Shards, shard => Assert.True(shard.HasStopped));
    }

    [Fact]
    public async Task A_host_that_is_told_to_stop_while_it_starts_leaves_no_shards()
    {
        using var cancellation = new CancellationTokenSource();
        var application = new TestApplication(services => services
            .AddReactor()
            .AddSharded<object>((_, shard) =>
            {
                if (shard.Id == 0)
                {
                    cancellation.Cancel();
                }

                return new object();
            }));
        ReactorHost host = application.Reactor;

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => application.StartAsync(cancellation.Token));
        Assert.All(host.Shards, shard => Assert.True(shard.HasStopped));
        await application.DisposeAsync();
    }

    [Fact]
    public async Task A_host_can_be_stopped_while_a_factory_of_the_start_goes_on()
    {
        using var release = new ManualResetEventSlim();
        var isAsked = new TaskCompletionSource();
        var application = new TestApplication(services => services.AddReactor().AddSharded<object>((_, shard) =>
        {
            isAsked.TrySetResult();
            release.Wait();
            return new object();
        }));
        ReactorHost host = application.Reactor;
        using var abort = new CancellationTokenSource();
        Task start = application.StartAsync(abort.Token);
        await Eventually.Ends(isAsked.Task, "the call of the factory");

        abort.Cancel();
        release.Set();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => start);
        await application.DisposeAsync();
        Assert.All(host.Shards, shard => Assert.True(shard.HasStopped));
    }

    [Fact]
    public async Task A_shard_that_is_blocked_for_good_does_not_keep_the_host_from_its_end()
    {
        using var release = new ManualResetEventSlim();
        var isBlocked = new TaskCompletionSource();
        var application = new TestApplication(services => services.AddReactor().AddSharded<object>((_, _) => new object()));
        await application.StartAsync();
        ReactorHost host = application.Reactor;
        host.Shards[1].Post(() =>
        {
            isBlocked.SetResult();
            release.Wait();
        });
        await isBlocked.Task;

        using var deadline = new CancellationTokenSource();
        deadline.Cancel();
        await application.StopAsync(deadline.Token);
        await application.DisposeAsync();

        string left = Assert.Single(application.Log.Of("Reactor", 7)).Message;
        Assert.Contains("shard 1", left, StringComparison.Ordinal);
        Assert.Contains(nameof(LifetimeTests), left, StringComparison.Ordinal);
        release.Set();
        await Eventually.Ends(host.StopAsync(), "the stop");
    }

    [Fact]
    public async Task A_host_whose_deadline_has_passed_still_stops_its_shards()
    {
        var application = new TestApplication(services => services.AddReactor());
        await application.StartAsync();
        ReactorHost host = application.Reactor;
        using var deadline = new CancellationTokenSource();
        deadline.Cancel();

        await application.StopAsync(deadline.Token);

        Assert.All(host.Shards, shard => Assert.True(shard.HasStopped));
        Assert.Empty(application.Log.Of("Reactor", 7));
        await application.DisposeAsync();
    }

    [Fact]
    public async Task Values_of_all_shards_are_reduced_in_one_line()
    {
        await using TestApplication application = await TestApplication.StartAsync(services => services.AddReactor());

        long ids = await application.Reactor.MapReduceAsync(shard => shard.Id + 1L, static (a, b) => a + b);

        Assert.Equal(3, ids);
    }

    internal static void Small(ReactorOptions options)
    {
        options.Shards = 2;
        options.Overprovisioned = true;
        options.PollBudget = 256;
        options.Backend = TestedBackend.Kind;
    }

    /// <summary>A user's service, which uses the shards as soon as it is asked to.</summary>
    private sealed class Probe : IHostedService
    {
        private IServiceProvider _services = null!;

        internal List<string> Seen { get; } = [];

        internal Probe With(IServiceProvider services)
        {
            _services = services;
            return this;
        }

        public async Task StartAsync(CancellationToken cancellationToken) => Seen.Add($"start {await CountAsync()}");

        public async Task StopAsync(CancellationToken cancellationToken) => Seen.Add($"stop {await CountAsync()}");

        private Task<int> CountAsync() => _services.GetRequiredService<ReactorHost>().MapReduceAsync(static _ => 1, static (a, b) => a + b);
    }

    private sealed class FailingService(ReactorHost host) : IHostedService
    {
        public Task StartAsync(CancellationToken cancellationToken) => throw new IOException($"{host.Shards.Count} shards, and no disk");

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
