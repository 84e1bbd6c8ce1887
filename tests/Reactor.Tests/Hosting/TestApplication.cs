using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Reactor.Tests.Support;

namespace Reactor.Tests.Hosting;

/// <summary>An application of the generic host, as a test needs it: two small shards, and a log that is kept.</summary>
internal sealed class TestApplication : IAsyncDisposable
{
    private readonly IHost _host;

    /// <param name="configure">Adds the services.</param>
    /// <param name="settings">The configuration, beside what makes the shards small.</param>
    internal TestApplication(Action<IServiceCollection> configure, params ReadOnlySpan<(string Key, string? Value)> settings)
    {
        HostApplicationBuilder builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings());
        var values = new Dictionary<string, string?>
        {
            ["Reactor:Shards"] = "2",
            ["Reactor:Overprovisioned"] = "true",
            ["Reactor:PollBudget"] = "256",
            ["Reactor:Backend"] = TestedBackend.Kind.ToString(),
        };
        foreach ((string key, string? value) in settings)
        {
            values[key] = value;
        }

        builder.Configuration.AddInMemoryCollection(values);
        builder.Logging.AddProvider(Log);
        configure(builder.Services);
        _host = builder.Build();
    }

    internal TestLog Log { get; } = new();

    internal IServiceProvider Services => _host.Services;

    internal ReactorHost Reactor => Services.GetRequiredService<ReactorHost>();

    internal static async Task<TestApplication> StartAsync(Action<IServiceCollection> configure, params (string Key, string? Value)[] settings)
    {
        var application = new TestApplication(configure, settings);
        await application.StartAsync();
        return application;
    }

    internal Task StartAsync(CancellationToken cancellationToken = default) => Eventually.Ends(_host.StartAsync(cancellationToken), "the start of the application");

    internal Task StopAsync(CancellationToken deadline = default) => Eventually.Ends(_host.StopAsync(deadline), "the stop of the application");

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        await Eventually.Ends(((IAsyncDisposable)_host).DisposeAsync().AsTask(), "the disposal of the application");
    }
}
