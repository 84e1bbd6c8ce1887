using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Reactor;
using Reactor.Net.Kestrel.Dashboard;

namespace Microsoft.AspNetCore.Builder;

/// <summary>A live page on the shards of an application.</summary>
public static class ReactorDashboardExtensions
{
    /// <summary>
    /// Adds a page that plots, for each shard, every second: requests, utilization, polls per submit, run-queue wait,
    /// connections and stalls. It needs nothing from elsewhere, and samples only while somebody looks at it. In a pipeline of
    /// middleware, as a <c>WebApplication</c> is, it counts requests from this call on.
    /// </summary>
    /// <param name="endpoints">The application's.</param>
    /// <param name="pattern">Where the page is; what belongs to it is below. No parameters.</param>
    /// <returns>For the conventions of its endpoints, such as <c>RequireAuthorization()</c>: what it shows is not for everybody.</returns>
    /// <exception cref="InvalidOperationException">The application has no <see cref="ReactorHost"/>.</exception>
    public static IEndpointConventionBuilder MapReactorDashboard(this IEndpointRouteBuilder endpoints, string pattern = "/reactor")
    {
        ArgumentNullException.ThrowIfNull(endpoints);
        ArgumentNullException.ThrowIfNull(pattern);
        if (endpoints.ServiceProvider.GetService<IServiceProviderIsService>()?.IsService(typeof(ReactorHost)) == false)
        {
            throw new InvalidOperationException("The dashboard shows shards, and the application has none. Call builder.WebHost.UseReactor() or builder.Services.AddReactor().");
        }

        var requests = new RequestCounts();
        (endpoints as IApplicationBuilder)?.Use(requests.Count);
        var page = new DashboardPage(new DashboardSampler(endpoints.ServiceProvider, requests));
        RouteGroupBuilder group = endpoints.MapGroup(pattern);
        group.MapGet("", (RequestDelegate)DashboardPage.ShowAsync);
        group.MapGet("dashboard.css", (RequestDelegate)(static context => DashboardPage.SendAsync(context, "dashboard.css", "text/css; charset=utf-8")));
        group.MapGet("dashboard.js", (RequestDelegate)(static context => DashboardPage.SendAsync(context, "dashboard.js", "text/javascript; charset=utf-8")));
        group.MapGet("dashboard.events", (RequestDelegate)page.StreamAsync);
        return group;
    }
}
