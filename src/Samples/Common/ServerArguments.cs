using System.CommandLine;
using System.CommandLine.Parsing;
using System.Net;

namespace Reactor.Samples.Common;

/// <summary>The options that every serving sample takes.</summary>
/// <param name="EndPoint">Where to listen.</param>
/// <param name="Reactor">What the shards are made of.</param>
public sealed record ServerArguments(IPEndPoint EndPoint, ReactorOptions Reactor)
{
    /// <summary>The exit code for options that are unknown or cannot be met.</summary>
    public const int UsageError = 2;

    /// <summary>Reads the command line. If there is nothing to run, because of a mistake or of <c>--help</c>, the exit code says so.</summary>
    public static ServerArguments? Parse(string[] arguments, string description, out int exitCode)
    {
        var port = new Option<int>("--port") { Description = "The port to listen on; 0 lets the kernel choose.", DefaultValueFactory = _ => 8080 };
        var address = new Option<string>("--address") { Description = "The address to listen on, IPv4 or IPv6.", DefaultValueFactory = _ => "127.0.0.1" };
        var shards = new Option<int>("--shards") { Description = "The number of shards; this version runs 1.", DefaultValueFactory = _ => 1 };
        var cpus = new Option<string?>("--cpus") { Description = "The CPUs for the shards, as in 0-3,8. Default: the lowest that the process may use." };
        var backend = new Option<string>("--backend") { Description = "How readiness is learnt: auto or aio. (epoll is planned.)", DefaultValueFactory = _ => "auto" };

        port.Validators.Add(result => Check(result, port, value => value is >= 0 and <= IPEndPoint.MaxPort, "a port is a number from 0 to 65535"));
        address.Validators.Add(result => Check(result, address, value => IPAddress.TryParse(value, out _), "give an IP address, such as 127.0.0.1, 0.0.0.0 or ::1"));
        shards.Validators.Add(result => Check(result, shards, value => value == 1, "this version runs exactly 1 shard"));
        backend.Validators.Add(result => Check(result, backend, value => value is "auto" or "aio", "this version has auto and aio"));

        var command = new RootCommand(description) { port, address, shards, cpus, backend };
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
            new ReactorOptions
            {
                Shards = parsed.GetValue(shards),
                CpuSet = parsed.GetValue(cpus),
                Backend = parsed.GetValue(backend) == "aio" ? BackendKind.LinuxAio : BackendKind.Auto,
            });
    }

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
