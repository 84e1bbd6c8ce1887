using System.Diagnostics.CodeAnalysis;
using Reactor;
using Reactor.Net;

namespace Microsoft.AspNetCore.Http;

/// <summary>From a request to the shard that serves its connection, so that the state of an application can be where its requests are.</summary>
public static class ReactorHttpContextExtensions
{
    /// <summary>
    /// The shard of the request's connection. With <see cref="ApplicationScheduling.Inline"/> an endpoint runs on it, as long as
    /// its awaits do not leave by <c>ConfigureAwait(false)</c>, and HTTP/1.1 requests only: those of HTTP/2 are run by Kestrel
    /// on the thread pool. From elsewhere, <c>context.GetShard().InvokeAsync(…)</c> goes there.
    /// </summary>
    /// <param name="context">The request.</param>
    /// <exception cref="InvalidOperationException">The connection is not of the reactor transport.</exception>
    public static Shard GetShard(this HttpContext context) =>
        context.TryGetShard(out Shard? shard)
            ? shard
            : throw new InvalidOperationException($"The connection {context.Connection.Id} belongs to no shard, because it is not of the reactor transport. Call builder.WebHost.UseReactor(); where that is not to be had, {nameof(TryGetShard)} tells.");

    /// <summary>As <see cref="GetShard"/>, where connections may be of other transports: of Kestrel's own sockets, or of a test server.</summary>
    /// <param name="context">The request.</param>
    /// <param name="shard">The shard of its connection.</param>
    /// <returns>False if the connection belongs to none.</returns>
    public static bool TryGetShard(this HttpContext context, [NotNullWhen(true)] out Shard? shard)
    {
        ArgumentNullException.ThrowIfNull(context);

        // By the type, not by Get<T>: a generic method of an interface is looked up at each call.
        shard = (context.Features[typeof(IConnectionShardFeature)] as IConnectionShardFeature)?.Shard;
        return shard is not null;
    }
}
