using System.Net.ServerSentEvents;
using System.Runtime.CompilerServices;

namespace Reactor.Samples.WebApp.Endpoints;

/// <summary><c>/events?count=N&amp;milliseconds=M</c>: server-sent events, with the number of each.</summary>
internal static class Ticks
{
    internal static void MapTicks(this IEndpointRouteBuilder endpoints) =>
        endpoints.MapGet("/events", (IHostApplicationLifetime lifetime, int count = 10, int milliseconds = 1_000) =>
            TypedResults.ServerSentEvents(TickAsync(Math.Max(count, 0), TimeSpan.FromMilliseconds(Math.Max(milliseconds, 1)), lifetime.ApplicationStopping)));

    private static async IAsyncEnumerable<SseItem<string>> TickAsync(int count, TimeSpan interval, CancellationToken stopping, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        using var end = CancellationTokenSource.CreateLinkedTokenSource(stopping, cancellationToken);
        for (int i = 1; i <= count; i++)
        {
            yield return new SseItem<string>(i.ToString(), "tick");
            if (i < count)
            {
                await Task.Delay(interval, end.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
            }

            if (end.IsCancellationRequested)
            {
                yield break;
            }
        }
    }
}
