using System.Diagnostics.Metrics;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Reactor.Hosting;

/// <summary>
/// What an application brings to the options by itself: its logger, its meter factory, and the section "Reactor" of its
/// configuration. Whatever it lacks stays at the default.
/// </summary>
internal sealed class ReactorOptionsSetup(IServiceProvider services) : IConfigureOptions<ReactorOptions>
{
    internal const string SectionName = "Reactor";

    /// <summary>Where the other sections are that belong to servers.</summary>
    internal const string ServersKey = "Servers";

    public void Configure(ReactorOptions options)
    {
        options.MeterFactory = services.GetService<IMeterFactory>();
        if (services.GetService<ILoggerFactory>() is { } loggers)
        {
            ILogger logger = loggers.CreateLogger(ReactorLog.Category);
            options.Log = message => ReactorLog.Told(logger, message);
            options.UnhandledException = (shard, exception) => ReactorLog.UnhandledException(logger, shard, exception);
            options.StallDetected = report => ReactorLog.Stalled(logger, report);
        }

        if (services.GetService<IConfiguration>() is { } configuration)
        {
            Bind(configuration.GetSection(SectionName), options);
        }
    }

    internal static void Bind(IConfigurationSection section, ReactorOptions options) =>
        OptionsSection.Bind(section, options, static (section, options) => section.Bind(options), ServersKey);
}
