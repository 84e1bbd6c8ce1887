using System.CommandLine;
using System.Globalization;
using System.Net;
using System.Text.Json;
using Reactor.Bench.Throughput.Results;
using Spectre.Console;

namespace Reactor.Bench.Throughput.Load.Generator;

/// <summary>The <c>load</c> subcommand: the load generator by itself, against any server.</summary>
internal static class LoadCommand
{
    private static readonly Option<int> s_connections = NumberOption.Create("--connections", 64, "Connections kept busy.", least: 1);
    private static readonly Option<int> s_pipeline = NumberOption.Create("--pipeline", 1, "Requests sent at once on a connection.", least: 1);
    private static readonly Option<int> s_rate = NumberOption.Create("--rate", 0, "Requests a second, sent at their times; latencies count from these. 0 sends the next one when the answer is there.", least: 0);
    private static readonly Option<int> s_requestsPerConnection = NumberOption.Create("--requests-per-connection", 0, "A connection ends after so many; 0 keeps it.", least: 0);
    private static readonly Option<int> s_payload = NumberOption.Create("--payload", 64, "Bytes of one echo.", least: 1, most: 1 << 20);
    private static readonly Option<double> s_warmup = new("--warmup") { Description = "Seconds before it counts.", DefaultValueFactory = _ => 2 };
    private static readonly Option<double> s_seconds = new("--seconds") { Description = "Seconds that count.", DefaultValueFactory = _ => 3 };
    private static readonly Option<int> s_cpu = NumberOption.Create("--cpu", Cpus.Load, "The generator's CPU.", least: 0);
    private static readonly Option<bool> s_spins = new("--spin") { Description = "Never sleeps." };
    private static readonly Option<bool> s_json = new("--json") { Description = "One line when it begins to count, and one of JSON at the end." };

    private static readonly Argument<Uri> s_url = new("url")
    {
        Description = "http://ADDRESS:PORT/PATH, or tcp://ADDRESS:PORT for an echo. An IP address.",
        CustomParser = result =>
        {
            if (Uri.TryCreate(result.Tokens[0].Value, UriKind.Absolute, out var url) && url.Scheme is "http" or "tcp" && IPAddress.TryParse(url.Host.Trim('[', ']'), out _) && url.Port > 0)
            {
                return url;
            }

            result.AddError($"'{result.Tokens[0].Value}' is neither http://ADDRESS:PORT/PATH nor tcp://ADDRESS:PORT with an IP address.");
            return null;
        },
    };

    public static Command Create()
    {
        var command = new Command("load", "The load generator by itself.")
        {
            s_url, s_connections, s_pipeline, s_rate, s_requestsPerConnection, s_payload, s_warmup, s_seconds, s_cpu, s_spins, s_json,
        };
        command.SetAction(RunAsync);
        return command;
    }

    /// <summary>The words that start the generator with these settings.</summary>
    public static string[] Arguments(IPEndPoint server, LoadSettings settings, TimeSpan warmup, TimeSpan time) =>
    [
        "load", settings.Protocol == Protocol.Http ? $"http://{server}{settings.Path}" : $"tcp://{server}",
        s_connections.Name, Number(settings.Connections), s_pipeline.Name, Number(settings.Pipeline),
        s_rate.Name, Number(settings.Rate ?? 0), s_requestsPerConnection.Name, Number(settings.RequestsPerConnection ?? 0),
        s_payload.Name, Number(settings.PayloadBytes), s_warmup.Name, Number(warmup.TotalSeconds), s_seconds.Name, Number(time.TotalSeconds),
        .. settings.Spins ? (string[])[s_spins.Name] : [], s_json.Name,
    ];

    internal static LoadSettings Settings(ParseResult arguments)
    {
        var url = arguments.GetValue(s_url)!;
        return new LoadSettings
        {
            Protocol = url.Scheme == "http" ? Protocol.Http : Protocol.Echo,
            Path = url.PathAndQuery,
            Connections = arguments.GetValue(s_connections),
            Pipeline = arguments.GetValue(s_pipeline),
            Rate = arguments.GetValue(s_rate) is > 0 and var rate ? rate : null,
            RequestsPerConnection = arguments.GetValue(s_requestsPerConnection) is > 0 and var requests ? requests : null,
            PayloadBytes = arguments.GetValue(s_payload),
            Spins = arguments.GetValue(s_spins),
        };
    }

    private static async Task<int> RunAsync(ParseResult arguments, CancellationToken cancellation)
    {
        var url = arguments.GetValue(s_url)!;
        bool json = arguments.GetValue(s_json);
        var result = await LoadGenerator.RunAsync(
            arguments.GetValue(s_cpu),
            new IPEndPoint(IPAddress.Parse(url.Host.Trim('[', ']')), url.Port),
            Settings(arguments),
            TimeSpan.FromSeconds(arguments.GetValue(s_warmup)),
            TimeSpan.FromSeconds(arguments.GetValue(s_seconds)),
            () =>
            {
                if (json)
                {
                    Console.WriteLine(GeneratorLoad.MeasuringLine);
                }
            }).WaitAsync(cancellation);
        if (json)
        {
            Console.WriteLine(JsonSerializer.Serialize(result));
        }
        else
        {
            Show(result);
        }

        return result.Errors.Length == 0 ? 0 : BenchFailure.Failed;
    }

    private static void Show(LoadResult result)
    {
        ConsoleReport.Prepare(AnsiConsole.Console);
        var table = new Table().Border(TableBorder.Rounded).AddColumns("requests/s", "p50 µs", "p90 µs", "p99 µs", "p99.9 µs", "max µs", "MB/s", "generator's CPU");
        double?[] figures = [result.Latency?.P50, result.Latency?.P90, result.Latency?.P99, result.Latency?.P999, result.Latency?.Max];
        table.AddRow(
        [
            Number(result.Requests / result.Seconds, "N0"),
            .. figures.Select(figure => figure is { } value ? Number(value, "N1") : "–"),
            Number(result.BytesRead / result.Seconds / 1e6, "N1"),
            Number((result.CpuShare ?? 0) * 100, "N0") + " %",
        ]);
        AnsiConsole.Write(table);
        if (result.Errors.Length > 0)
        {
            AnsiConsole.MarkupLineInterpolated($"[red]{result.Errors}[/]");
        }
    }

    private static string Number(double value, string format = "0.###") => value.ToString(format, CultureInfo.InvariantCulture);
}
