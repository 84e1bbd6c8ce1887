using System.Text.Encodings.Web;
using System.Text.Json;

namespace Reactor.Bench.Throughput.Results;

/// <summary>The report for other programs: every round with its raw counts, and the summaries.</summary>
internal static class JsonReport
{
    private static readonly JsonSerializerOptions s_options = new(JsonSerializerDefaults.Web)
    {
        WriteIndented = true,
        // The file goes into no web page; names and paths stay legible.
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    public static string Render(BenchResults results) => JsonSerializer.Serialize(results, s_options);

    /// <exception cref="JsonException">The text is not what this program has written.</exception>
    public static BenchResults Parse(string text) => JsonSerializer.Deserialize<BenchResults>(text, s_options)!;
}
