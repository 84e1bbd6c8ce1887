using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Reactor.Tests.Hosting;

namespace Reactor.Net.Tests.Hosting;

/// <summary>An application of the generic host, with two small shards, and a log that is kept.</summary>
internal sealed class TestApplication : IAsyncDisposable
{
    private readonly IHost _host;

    /// <param name="configure">Adds the services.</param>
    /// <param name="settings">The configuration, beside what makes the shards small.</param>
    internal TestApplication(Action<IServiceCollection> configure, params ReadOnlySpan<(string Key, string? Value)> settings)
    {
        HostApplicationBuilder builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings());
        builder.Configuration.AddInMemoryCollection(Settings(settings));
        builder.Logging.AddProvider(Log).SetMinimumLevel(LogLevel.Debug);
        configure(builder.Services);
        _host = builder.Build();
    }

    internal TestLog Log { get; } = new();

    internal IServiceProvider Services => _host.Services;

    internal ReactorHost Reactor => Services.GetRequiredService<ReactorHost>();

    internal TcpServerCollection Servers => Services.GetRequiredService<TcpServerCollection>();

    internal static Dictionary<string, string?> Settings(params ReadOnlySpan<(string Key, string? Value)> settings)
    {
        var values = new Dictionary<string, string?>
        {
            ["Reactor:Shards"] = "2",
            ["Reactor:Overprovisioned"] = "true",
            ["Reactor:PollBudget"] = "1024",
            ["Reactor:Backend"] = TestedBackend.Kind.ToString(),
        };
        foreach ((string key, string? value) in settings)
        {
            values[key] = value;
        }

        return values;
    }

    internal static async Task<TestApplication> StartAsync(Action<IServiceCollection> configure, params (string Key, string? Value)[] settings)
    {
        var application = new TestApplication(configure, settings);
        await application.StartAsync();
        return application;
    }

    internal Task StartAsync(CancellationToken cancellationToken = default) => _host.StartAsync(cancellationToken).WaitAsync(Eventually.Patience, CancellationToken.None);

    internal Task StopAsync(CancellationToken deadline = default) => _host.StopAsync(deadline).WaitAsync(Eventually.Patience, CancellationToken.None);

    /// <summary>Waits for the entry of an event.</summary>
    internal async Task<TestLog.Entry> TakeAsync(int id)
    {
        await Eventually.IsTrueAsync(() => Log.Of("Reactor.Net", id).Any(), $"event {id} in the log");
        return Log.Of("Reactor.Net", id).First();
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        await ((IAsyncDisposable)_host).DisposeAsync().AsTask().WaitAsync(Eventually.Patience);
    }
}
