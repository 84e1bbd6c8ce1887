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

    public static string Render(Report report) => JsonSerializer.Serialize(report, s_options);
}
