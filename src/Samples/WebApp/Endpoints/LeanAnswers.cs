using System.Text.Json;
using System.Text.Json.Serialization;

namespace Reactor.Samples.WebApp.Endpoints;

/// <summary><c>/plaintext</c> and <c>/json</c>, before any routing: what is measured here is Kestrel and its transport.</summary>
internal static partial class LeanAnswers
{
    private static readonly byte[] s_plaintext = "Hello, World!"u8.ToArray();

    internal static Task AnswerOr(HttpContext context, RequestDelegate next) => context.Request.Path.Value switch
    {
        "/plaintext" => SendAsync(context.Response, s_plaintext, "text/plain"),
        "/json" => SendAsync(context.Response, JsonSerializer.SerializeToUtf8Bytes(new Greeting("Hello, World!"), GreetingContext.Default.Greeting), "application/json"),
        _ => next(context),
    };

    private static Task SendAsync(HttpResponse response, byte[] body, string contentType)
    {
        response.ContentType = contentType;
        response.ContentLength = body.Length;
        return response.Body.WriteAsync(body, 0, body.Length);
    }

    internal readonly record struct Greeting([property: JsonPropertyName("message")] string Message);

    [JsonSerializable(typeof(Greeting))]
    private sealed partial class GreetingContext : JsonSerializerContext;
}
