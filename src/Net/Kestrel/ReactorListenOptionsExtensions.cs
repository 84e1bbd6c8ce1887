using Microsoft.AspNetCore.Server.Kestrel.Core;
using Reactor.Net;
using Reactor.Net.Kestrel;

namespace Microsoft.AspNetCore.Hosting;

/// <summary>What a listener of Kestrel may have of its own on the reactor transport.</summary>
public static class ReactorListenOptionsExtensions
{
    /// <summary>
    /// Where the application runs for the connections of this listener, whatever <see cref="ReactorTransportOptions.Scheduling"/>
    /// says. Before <c>UseHttps</c> and other middleware of connections. Of no effect on other transports.
    /// </summary>
    /// <param name="options">The listener's.</param>
    /// <param name="scheduling">On the thread pool, or on the shard.</param>
    /// <returns>The options.</returns>
    /// <exception cref="InvalidOperationException">While connections come in: middleware before this one has used them already.</exception>
    public static ListenOptions UseScheduling(this ListenOptions options, ApplicationScheduling scheduling)
    {
        ArgumentNullException.ThrowIfNull(options);
        if (!Enum.IsDefined(scheduling))
        {
            throw new ArgumentOutOfRangeException(nameof(scheduling), scheduling, $"Known are {string.Join(", ", Enum.GetNames<ApplicationScheduling>())}.");
        }

        options.Use(next => connection =>
        {
            connection.Features.Get<ReactorConnectionContext>()?.UseScheduling(scheduling);
            return next(connection);
        });
        return options;
    }
}
