using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace Reactor.Samples.Common;

/// <summary>What every serving sample does around its server: options, shards, the line that says ready, signals, draining.</summary>
public static class SampleProgram
{
    private static readonly TimeSpan s_drainTime = TimeSpan.FromSeconds(10);

    /// <summary>Runs a server until Ctrl-C or SIGTERM; a second one cuts the draining short.</summary>
    /// <returns>The exit code: 0 after an orderly stop, 1 if the server could not start, 2 for options that cannot be met.</returns>
    public static async Task<int> RunAsync(string[] arguments, string description, Func<ReactorHost, ServerArguments, Task<SampleServer>> start)
    {
        return ServerArguments.Parse(arguments, description, out int exitCode) is { } parsed ? await RunAsync(parsed, start) : exitCode;
    }

    /// <inheritdoc cref="RunAsync(string[], string, Func{ReactorHost, ServerArguments, Task{SampleServer}})"/>
    /// <summary>The same for a program that has read its command line itself.</summary>
    public static async Task<int> RunAsync(ServerArguments parsed, Func<ReactorHost, ServerArguments, Task<SampleServer>> start)
    {
        using var stopRequested = new CancellationTokenSource();
        using var cutShort = new CancellationTokenSource();
        using PosixSignalRegistration interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);
        using PosixSignalRegistration terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);

        try
        {
            await using ReactorHost host = ReactorHost.Start(parsed.Reactor);
            await using SampleServer server = await start(host, parsed);
            Console.WriteLine($"listening on {server.Scheme}://{server.EndPoint}");
            await LiveLine.ShowAsync(host, server, stopRequested.Token);

            cutShort.CancelAfter(s_drainTime);
            await server.StopAsync(cutShort.Token);
            Summarize(host, server);
            return 0;
        }
        catch (ArgumentException exception)
        {
            Console.Error.WriteLine(parsed.OptionOf(exception.ParamName) + exception.Message);
            return ServerArguments.UsageError;
        }
        catch (Exception exception) when (exception is SocketException or IOException or InvalidOperationException or PlatformNotSupportedException)
        {
            Console.Error.WriteLine(exception.Message);
            return 1;
        }

        void Stop(PosixSignalContext context)
        {
            context.Cancel = true;
            if (stopRequested.IsCancellationRequested)
            {
                cutShort.Cancel();
            }

            stopRequested.Cancel();
        }
    }

    /// <summary>How the work was spread: one line for each shard.</summary>
    private static void Summarize(ReactorHost host, SampleServer server)
    {
        foreach ((Shard shard, ShardLoad load) in host.Shards.Zip(server.Loads))
        {
            Console.Error.WriteLine($"{shard}: {load.Accepted} connections accepted, {load.Requests} requests served");
        }
    }
}
