using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Microsoft.AspNetCore.Http;

namespace Reactor.Net.Kestrel.Dashboard;

/// <summary>The page, what belongs to it, and the stream of events that keeps it alive.</summary>
internal sealed class DashboardPage(DashboardSampler sampler)
{
    /// <summary>Whatever somebody may get into the page, it loads nothing from elsewhere and tells nobody.</summary>
    private const string ContentSecurityPolicy = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src data:; base-uri 'none'; form-action 'none'";

    private static readonly Lazy<string> s_page = new(() => Encoding.UTF8.GetString(Resource("dashboard.html")));

    internal static Task ShowAsync(HttpContext context)
    {
        string place = $"{context.Request.PathBase}{context.Request.Path}".TrimEnd('/');
        context.Response.ContentType = "text/html; charset=utf-8";
        context.Response.Headers.ContentSecurityPolicy = ContentSecurityPolicy;
        context.Response.Headers.CacheControl = "no-cache";
        return context.Response.WriteAsync(s_page.Value.Replace("{place}", HtmlEncoder.Default.Encode(place), StringComparison.Ordinal));
    }

    internal static Task SendAsync(HttpContext context, string name, string contentType)
    {
        byte[] content = Resource(name);
        context.Response.ContentType = contentType;
        context.Response.ContentLength = content.Length;
        context.Response.Headers.CacheControl = "no-cache";
        context.Response.Headers.XContentTypeOptions = "nosniff";
        return context.Response.Body.WriteAsync(content, 0, content.Length);
    }

    internal async Task StreamAsync(HttpContext context)
    {
        context.Response.ContentType = "text/event-stream";
        context.Response.Headers.CacheControl = "no-store";
        using var end = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, sampler.Stopping);
        try
        {
            await SendAsync(context, "hello", sampler.Hello(), DashboardJson.Default.DashboardHello, end.Token);
            await foreach (DashboardSample sample in sampler.WatchAsync(end.Token))
            {
                await SendAsync(context, "sample", sample, DashboardJson.Default.DashboardSample, end.Token);
            }
        }
        catch (OperationCanceledException)
        {
            // The page was closed, or the application stops.
        }
    }

    private static async Task SendAsync<T>(HttpContext context, string name, T data, JsonTypeInfo<T> type, CancellationToken cancellationToken)
    {
        await context.Response.WriteAsync($"event: {name}\ndata: {JsonSerializer.Serialize(data, type)}\n\n", cancellationToken);
        await context.Response.Body.FlushAsync(cancellationToken);
    }

    private static byte[] Resource(string name)
    {
        using Stream resource = typeof(DashboardPage).Assembly.GetManifestResourceStream($"Reactor.Net.Kestrel.Dashboard.{name}")!;
        byte[] content = new byte[resource.Length];
        resource.ReadExactly(content);
        return content;
    }
}
