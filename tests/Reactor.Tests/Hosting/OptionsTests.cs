using System.Diagnostics.Metrics;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Reactor.Tests.Support;

namespace Reactor.Tests.Hosting;

/// <summary>Options from the configuration and from code, and what is said of those that cannot be.</summary>
public sealed class OptionsTests
{
    [Fact]
    public async Task Options_come_from_the_section_Reactor()
    {
        await using TestApplication application = await TestApplication.StartAsync(
            services => services.AddReactor(),
            ("Reactor:Shards", "3"),
            ("Reactor:IdlePollTime", "00:00:00.0001"),
            ("Reactor:StallThreshold", "-00:00:00.001"),
            ("Reactor:UseSynchronizationContext", "false"));

        ReactorOptions options = application.Reactor.Options;
        Assert.Equal(3, options.Shards);
        Assert.True(options.Overprovisioned);
        Assert.Equal(TestedBackend.Kind, options.Backend);
        Assert.Equal(TimeSpan.FromMicroseconds(100), options.IdlePollTime);
        Assert.Equal(Timeout.InfiniteTimeSpan, options.StallThreshold);
        Assert.False(options.UseSynchronizationContext);
    }

    [Fact]
    public async Task Code_has_the_last_word()
    {
        await using TestApplication application = await TestApplication.StartAsync(services => services.AddReactor(options => options.Shards = 1), ("Reactor:Shards", "3"));

        Assert.Single(application.Reactor.Shards);
    }

    [Fact]
    public async Task Options_come_from_a_section_of_another_name()
    {
        IConfiguration configuration = new ConfigurationBuilder().AddInMemoryCollection([new("My:Loop:Shards", "3")]).Build();
        await using TestApplication application = await TestApplication.StartAsync(services => services.AddReactor(configuration.GetSection("My:Loop")));

        Assert.Equal(3, application.Reactor.Shards.Count);
    }

    [Theory]
    [InlineData("Reactor:Shards", "0", "Shards is 0", "at least 1")]
    [InlineData("Reactor:Shards", "two", "Reactor:Shards is 'two'", "a whole number")]
    [InlineData("Reactor:CpuSet", "a-b", "CpuSet is 'a-b'", "as in '0-3,8'")]
    [InlineData("Reactor:CpuSet", "1000", "CpuSet is '1000'", "this process may run on")]
    [InlineData("Reactor:PollBudget", "1", "PollBudget is 1", "the least is 64")]
    [InlineData("Reactor:Backend", "Kqueue", "Reactor:Backend is 'Kqueue'", "known are Auto, LinuxAio, Epoll")]
    [InlineData("Reactor:TaskQuota", "500us", "Reactor:TaskQuota is '500us'", "hours:minutes:seconds")]
    [InlineData("Reactor:TaskQuota", "00:00:00.000001", "TaskQuota is 00:00:00.0000010", "the least is 10 µs")]
    [InlineData("Reactor:Overprovisioned", "maybe", "Reactor:Overprovisioned is 'maybe'", "true or false")]
    [InlineData("Reactor:CpuSets", "0", "Reactor:CpuSets is not an option", "CpuSet, ")]
    [InlineData("Reactor:MeterFactory", "mine", "Reactor:MeterFactory is not an option", "PollBudget")]
    public async Task A_value_that_cannot_be_fails_the_start_with_its_name_and_what_would_do(string key, string value, string what, string accepted)
    {
        var application = new TestApplication(services => services.AddReactor(), (key, value));

        OptionsValidationException refusal = await Assert.ThrowsAsync<OptionsValidationException>(() => application.StartAsync());

        Assert.Contains(what, refusal.Message, StringComparison.Ordinal);
        Assert.Contains(accepted, refusal.Message, StringComparison.Ordinal);
        await application.DisposeAsync();
    }

    [Fact]
    public async Task Options_are_checked_before_any_service_starts()
    {
        bool hasStarted = false;
        var application = new TestApplication(
            services => services.AddHostedService(_ => new Starting(() => hasStarted = true)).AddReactor(),
            ("Reactor:PollBudget", "1"));

        await Assert.ThrowsAsync<OptionsValidationException>(() => application.StartAsync());

        Assert.False(hasStarted);
        await application.DisposeAsync();
    }

    [Fact]
    public async Task Exceptions_that_nobody_awaits_go_to_the_log()
    {
        await using TestApplication application = await TestApplication.StartAsync(services => services.AddReactor());

        application.Reactor.Shards[1].Post(() => throw new InvalidDataException("lost"));

        await Eventually.Comes(() => application.Log.Of("Reactor", 4).Any(), "an entry of the exception");
        TestLog.Entry entry = Assert.Single(application.Log.Of("Reactor", 4));
        Assert.Equal(LogLevel.Error, entry.Level);
        Assert.Equal("lost", Assert.IsType<InvalidDataException>(entry.Exception).Message);
        Assert.StartsWith("shard 1", entry.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Stalls_go_to_the_log()
    {
        await using TestApplication application = await TestApplication.StartAsync(services => services.AddReactor());

        // A machine that is busy may make more of them.
        application.Reactor.Shards[0].Post(() => Busy.For(TimeSpan.FromMilliseconds(200)));

        await Eventually.Comes(() => application.Log.Of("Reactor", 5).Any(), "an entry of the stall");
        TestLog.Entry entry = application.Log.Of("Reactor", 5).First();
        Assert.Equal(LogLevel.Warning, entry.Level);
        Assert.Contains("not turn", entry.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Metrics_are_made_by_the_factory_of_the_application()
    {
        var factory = new TestMeterFactory();
        await using TestApplication application = await TestApplication.StartAsync(services => services.AddSingleton<IMeterFactory>(factory).AddReactor());

        Assert.Equal("Reactor", factory["Reactor"].Name);
    }

    [Fact]
    public async Task Without_a_logger_the_callbacks_stay_what_they_are()
    {
        await using ServiceProvider services = new ServiceCollection().AddReactor(LifetimeTests.Small).BuildServiceProvider();

        ReactorOptions options = services.GetRequiredService<IOptions<ReactorOptions>>().Value;

        Assert.Null(options.Log);
        Assert.Equal(new ReactorOptions().UnhandledException, options.UnhandledException);
    }
}
