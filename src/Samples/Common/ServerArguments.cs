using System.CommandLine;
using System.CommandLine.Parsing;
using System.Net;
using Reactor.Net;

namespace Reactor.Samples.Common;

/// <summary>The options that every serving sample takes.</summary>
/// <param name="EndPoint">Where to listen.</param>
/// <param name="ConfigureReactor">Says what the shards are made of.</param>
/// <param name="Server">How connections come to the shards.</param>
/// <param name="Parsed">All of them, for those that only one sample has.</param>
public sealed record ServerArguments(IPEndPoint EndPoint, Action<ReactorOptions> ConfigureReactor, TcpServerOptions Server, ParseResult Parsed)
{
    /// <summary>The exit code for options that are unknown or cannot be met.</summary>
    public const int UsageError = 2;

    private const string PortAdvice = "a port is a number from 0 to 65535";

    private static readonly Dictionary<string, BackendKind> s_backends = new()
    {
        ["auto"] = BackendKind.Auto,
        ["aio"] = BackendKind.LinuxAio,
        ["epoll"] = BackendKind.Epoll,
    };

    private static readonly string[] s_distributions = Array.ConvertAll(Enum.GetNames<ConnectionDistribution>(), Spell);

    /// <summary>The shards' options, for a sample that starts them itself.</summary>
    public ReactorOptions Reactor { get; } = Configured(ConfigureReactor);

    /// <summary>Reads the command line. If there is nothing to run, because of a mistake or of <c>--help</c>, the exit code says so.</summary>
    /// <param name="arguments">As they were given.</param>
    /// <param name="description">What the sample is, for <c>--help</c>.</param>
    /// <param name="exitCode">0, or why there is nothing to run.</param>
    /// <param name="own">Options of this sample alone.</param>
    public static ServerArguments? Parse(string[] arguments, string description, out int exitCode, params ReadOnlySpan<Option> own)
    {
        var port = new Option<int>("--port") { Description = "The port to listen on; 0 lets the kernel choose.", DefaultValueFactory = _ => 8080 };
        var address = new Option<string>("--address") { Description = "The address to listen on, IPv4 or IPv6.", DefaultValueFactory = _ => "127.0.0.1" };
        var shards = new Option<int>("--shards") { Description = "The number of shards. Default: one on each CPU, of --cpus or of those that the process may use." };
        var cpus = new Option<string?>("--cpus") { Description = "The CPUs for the shards, as in 0-3,8. Default: the lowest that the process may use." };
        var overprovisioned = new Option<bool>("--overprovisioned") { Description = "Lets there be more shards than CPUs: none is pinned, none spins.", Arity = ArgumentArity.Zero };
        var idlePoll = new Option<int>("--idle-poll") { Description = "Microseconds that an idle shard looks for news before it sleeps; 0 sleeps at once, -1 never.", HelpName = "microseconds" };
        var distribution = new Option<string>("--distribution") { Description = $"How connections come to the shards: {string.Join(", ", s_distributions)}.", DefaultValueFactory = _ => s_distributions[0] };
        var maxConnections = new Option<int>("--max-connections") { Description = "The most connections at a time, on all shards together. Default: no limit." };
        var pollBudget = new Option<int>("--poll-budget") { Description = "AIO polls that a shard may have at a time; beyond it, connections wait in an epoll set. Default: 16384." };
        var stallThreshold = new Option<int>("--stall-threshold") { Description = "Milliseconds that a shard may be kept from its loop before that is reported; 0 for no detector.", HelpName = "milliseconds" };
        var backend = new Option<string>("--backend") { Description = "How readiness is learnt: auto (aio, or epoll where that is not to be had), aio or epoll.", DefaultValueFactory = _ => "auto" };

        port.Validators.Add(result => Check(result, port, value => value is >= 0 and <= IPEndPoint.MaxPort, PortAdvice));
        address.Validators.Add(result => Check(result, address, value => IPAddress.TryParse(value, out _), "give an IP address, such as 127.0.0.1, 0.0.0.0 or ::1"));
        shards.Validators.Add(result => Check(result, shards, value => value >= 1, "give a number, 1 or more"));
        idlePoll.Validators.Add(result => Check(result, idlePoll, value => value >= -1, "give microseconds, 0 to sleep immediately, or -1 to never sleep"));
        distribution.Validators.Add(result => Check(result, distribution, value => s_distributions.Contains(value), $"there are {string.Join(", ", s_distributions)}"));
        maxConnections.Validators.Add(result => Check(result, maxConnections, value => value >= 1, "give a number, 1 or more"));
        pollBudget.Validators.Add(result => Check(result, pollBudget, value => value >= 64, "give a number, 64 or more"));
        stallThreshold.Validators.Add(result => Check(result, stallThreshold, value => value >= 0, "give milliseconds, 1 or more, or 0 for no detector"));
        backend.Validators.Add(result => Check(result, backend, value => s_backends.ContainsKey(value), $"there are {string.Join(", ", s_backends.Keys)}"));

        var command = new RootCommand(description) { port, address, shards, cpus, overprovisioned, idlePoll, distribution, maxConnections, pollBudget, stallThreshold, backend };
        foreach (Option option in own)
        {
            command.Add(option);
        }

        ParseResult parsed = command.Parse(arguments);
        if (parsed.Errors.Count > 0)
        {
            foreach (ParseError error in parsed.Errors)
            {
                Console.Error.WriteLine(error.Message);
            }

            Console.Error.WriteLine("Try --help.");
            exitCode = UsageError;
            return null;
        }

        if (parsed.Action is not null)
        {
            // --help and --version bring their own action; running the server is ours.
            exitCode = parsed.Invoke();
            return null;
        }

        exitCode = 0;
        return new ServerArguments(
            new IPEndPoint(IPAddress.Parse(parsed.GetValue(address)!), parsed.GetValue(port)),
            Configure,
            new TcpServerOptions
            {
                Distribution = Enum.Parse<ConnectionDistribution>(parsed.GetValue(distribution)!, ignoreCase: true),
                MaxConnections = Given(parsed, maxConnections),
            },
            parsed);

        void Configure(ReactorOptions reactor)
        {
            reactor.Shards = Given(parsed, shards);
            reactor.CpuSet = parsed.GetValue(cpus);
            reactor.Overprovisioned = parsed.GetValue(overprovisioned);
            reactor.Backend = s_backends[parsed.GetValue(backend)!];
            reactor.Log = Console.Error.WriteLine;
            reactor.StallDetected = static report => Console.Error.WriteLine($"reactor: {report}");
            if (Given(parsed, idlePoll) is { } microseconds)
            {
                reactor.IdlePollTime = microseconds < 0 ? Timeout.InfiniteTimeSpan : TimeSpan.FromMicroseconds(microseconds);
            }

            reactor.PollBudget = Given(parsed, pollBudget) ?? reactor.PollBudget;
            if (Given(parsed, stallThreshold) is { } milliseconds)
            {
                reactor.StallThreshold = milliseconds == 0 ? Timeout.InfiniteTimeSpan : TimeSpan.FromMilliseconds(milliseconds);
            }
        }
    }

    /// <summary>An option for one more port that a sample may listen on; null if it is not given.</summary>
    public static Option<int?> OptionalPort(string name, string description)
    {
        var port = new Option<int?>(name) { Description = description, HelpName = "port" };
        port.Validators.Add(result => Check(result, port, static value => value is >= 0 and <= IPEndPoint.MaxPort, PortAdvice));
        return port;
    }

    /// <summary>For what only the start finds out: the option and its value as they were given, as the beginning of a message.</summary>
    /// <param name="name">The name of the framework's option that cannot be met.</param>
    public string OptionOf(string? name) => name switch
    {
        nameof(ReactorOptions.CpuSet) => $"--cpus {Reactor.CpuSet}: ",
        nameof(ReactorOptions.Shards) => $"--shards {Reactor.Shards}: ",
        nameof(TcpServerOptions.Distribution) => $"--distribution {Spell(Server.Distribution.ToString())}: ",
        _ => "",
    };

    private static ReactorOptions Configured(Action<ReactorOptions> configure)
    {
        var options = new ReactorOptions();
        configure(options);
        return options;
    }

    private static string Spell(string name) => name.ToLowerInvariant();

    private static int? Given(ParseResult parsed, Option<int> option) => parsed.GetResult(option) is null ? null : parsed.GetValue(option);

    private static void Check<T>(OptionResult result, Option<T> option, Func<T, bool> isPossible, string advice)
    {
        string given = string.Join(' ', result.Tokens.Select(token => token.Value));
        T? value;
        try
        {
            value = result.GetValue(option);
        }
        catch (InvalidOperationException)
        {
            // Not even of the right type.
            result.AddError($"{option.Name} {given}: {advice}.");
            return;
        }

        if (value is not null && !isPossible(value))
        {
            result.AddError($"{option.Name} {given}: {advice}.");
        }
    }
}
