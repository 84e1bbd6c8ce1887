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

    /// <summary>Where those of Kestrel's transport are.</summary>
    internal const string KestrelKey = "Kestrel";

    public void Configure(ReactorOptions options)
    {
        options.MeterFactory = services.GetService<IMeterFactory>();
        if (services.GetService<ILoggerFactory>() is { } loggers)
        {
            ILogger logger = loggers.CreateLogger(ReactorLog.Category);
            options.Log = message => ReactorLog.Told(logger, message);
            options.UnhandledException = new ExceptionLog(logger).Log;
            options.StallDetected = report => ReactorLog.Stalled(logger, report);
        }

        if (services.GetService<IConfiguration>() is { } configuration)
        {
            Bind(configuration.GetSection(SectionName), options);
        }
    }

    internal static void Bind(IConfigurationSection section, ReactorOptions options) =>
        OptionsSection.Bind(section, options, static (section, options) => section.Bind(options), ServersKey, KestrelKey);

    /// <summary>Whether exceptions that nobody awaits go to the application's log: nobody has said otherwise.</summary>
    internal static bool LogsUnhandled(ReactorOptions options) => options.UnhandledException.Target is ExceptionLog;

    /// <summary>A callback that can be told from the users' own.</summary>
    private sealed class ExceptionLog(ILogger logger)
    {
        internal void Log(Shard shard, Exception exception) => ReactorLog.UnhandledException(logger, shard, exception);
    }
}
