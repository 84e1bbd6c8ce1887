namespace Reactor.Samples.WebApp.Endpoints;

/// <summary><c>POST /count</c> adds one, <c>GET /count</c> tells the sum.</summary>
internal static class CounterEndpoints
{
    internal static void MapCounter(this IEndpointRouteBuilder endpoints)
    {
        Sharded<Counter> counters = endpoints.ServiceProvider.GetRequiredService<Sharded<Counter>>();
        endpoints.MapPost("/count", async (HttpContext context, ReactorHost host) => (await counters.IncrementAsync(context, host)).ToString());
        endpoints.MapGet("/count", async () => (await counters.SumAsync()).ToString());
    }
}
