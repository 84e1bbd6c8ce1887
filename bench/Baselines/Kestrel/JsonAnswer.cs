using System.Text.Json;
using System.Text.Json.Serialization;

namespace Reactor.Bench.Kestrel;

/// <summary>The JSON answer, serialized anew for each request: that work is what the route is there to show.</summary>
internal static partial class JsonAnswer
{
    public static byte[] Serialize() =>
        JsonSerializer.SerializeToUtf8Bytes(new Greeting("Hello, World!"), GreetingContext.Default.Greeting);

    internal readonly record struct Greeting([property: JsonPropertyName("message")] string Message);

    [JsonSerializable(typeof(Greeting))]
    private sealed partial class GreetingContext : JsonSerializerContext;
}
