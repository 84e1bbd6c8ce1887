using System.CommandLine;
using System.CommandLine.Parsing;
using Reactor.Bench.Throughput.Candidates;
using Reactor.Bench.Throughput.Load;

namespace Reactor.Bench.Throughput.Commands;

/// <summary>Servers that answer requests on connections that stay: <c>http</c>, <c>echo</c> and <c>kestrel</c>.</summary>
internal static class RequestCommands
{
    public static Command Http() => Create("http", "HTTP servers: Reactor on each backend and design, C loops, sockets, Kestrel, nginx.", Protocol.Http, catalog => catalog.All);

    public static Command Echo() => Create("echo", "Echo servers: Reactor on each backend and design, C loops, sockets, Kestrel.", Protocol.Echo, catalog => catalog.All);

    public static Command Kestrel() => Create("kestrel", "Kestrel on its sockets and on Reactor's shards.", Protocol.Http, catalog => catalog.KestrelOnAll);

    private static Command Create(string name, string description, Protocol protocol, Func<Catalog, IReadOnlyList<CandidateSource>> sources)
    {
        bool isHttp = protocol == Protocol.Http;
        var common = new BenchOptions();
        var connections = new Option<int[]>("--connections") { Description = "Connections of the load; several numbers, separated by commas, for several tables.", DefaultValueFactory = _ => [64], CustomParser = ParseNumbers };
        var pipeline = NumberOption.Create("--pipeline", 1, "Requests sent at once on a connection.", least: 1);
        var rate = NumberOption.Create("--rate", 0, "Requests a second, sent at their times; latencies count from these. 0 sends the next one when the answer is there.", least: 0);
        var idle = NumberOption.Create("--idle-connections", 0, "Connections without traffic, held open meanwhile; adds the idle server's CPU and memory.", least: 0, IdleConnections.Most);
        var path = new Option<string>("--path") { Description = "What is asked for. C loops and plain sockets answer everything with the plaintext.", DefaultValueFactory = _ => "/plaintext" };
        var wrk = new Option<bool>("--wrk") { Description = "Let wrk make the load, not the program's own generator." };
        var payload = NumberOption.Create("--payload", 64, "Bytes of one echo.", least: 1, most: 1 << 20);
        path.Validators.Add(RequireAbsolutePath);
        var command = new Command(name, description) { connections, pipeline, rate, idle };
        foreach (Option option in isHttp ? (Option[])[path, wrk] : [payload])
        {
            command.Add(option);
        }

        common.AddTo(command);
        command.SetAction((arguments, cancellation) =>
        {
            var settings = common.Read(arguments);
            return BenchProgram.RunAsync(
                settings,
                folder => [.. arguments.GetValue(connections)!.Select(count => (ScenarioFor(count, arguments, settings), sources(new Catalog(protocol, folder))))],
                cancellation);
        });
        return command;

        Servers.Scenario ScenarioFor(int count, ParseResult arguments, BenchSettings settings)
        {
            var load = new LoadSettings
            {
                Protocol = protocol,
                Connections = count,
                Pipeline = arguments.GetValue(pipeline),
                Rate = arguments.GetValue(rate) is > 0 and var value ? value : null,
                Path = isHttp ? arguments.GetValue(path)! : "/",
                PayloadBytes = isHttp ? 1 : arguments.GetValue(payload),
            };
            string depth = load.Pipeline > 1 ? $"-pipelined-{load.Pipeline}" : "";
            string pace = load.Rate is { } perSecond ? $"-rate-{perSecond}" : "";
            return settings.Scenario($"{name}-{count}{depth}{pace}", load) with
            {
                IdleConnections = arguments.GetValue(idle),
                UsesWrk = isHttp && arguments.GetValue(wrk),
            };
        }
    }

    private static int[]? ParseNumbers(ArgumentResult result)
    {
        List<int> numbers = [];
        foreach (string text in result.Tokens.SelectMany(token => token.Value.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)))
        {
            if (!int.TryParse(text, out int number) || number < 1)
            {
                result.AddError($"--connections {text}: give numbers of 1 or more, separated by commas.");
                return null;
            }

            numbers.Add(number);
        }

        return [.. numbers];
    }

    private static void RequireAbsolutePath(OptionResult result)
    {
        if (result.GetValueOrDefault<string>() is not ['/', ..])
        {
            result.AddError("--path must begin with '/'.");
        }
    }
}
