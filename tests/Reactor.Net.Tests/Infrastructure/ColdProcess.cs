using System.Diagnostics;
using System.Net.Sockets;

namespace Reactor.Net.Tests;

/// <summary>
/// Runs a scene in a process of its own, where nothing has happened before: no timer has been started, no exception been
/// thrown, hardly an assembly been loaded. The test runner's process has done all that.
/// </summary>
internal static class ColdProcess
{
    private const string OutOfDescriptors = "out-of-descriptors";

    internal static async Task<(int ExitCode, string Output)> RunOutOfDescriptorsAsync()
    {
        var start = new ProcessStartInfo(Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet", ["exec", typeof(ColdProcess).Assembly.Location, OutOfDescriptors])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using Process process = Process.Start(start)!;
        try
        {
            Task<string> output = process.StandardOutput.ReadToEndAsync();
            Task<string> error = process.StandardError.ReadToEndAsync();
            await process.WaitForExitAsync().WaitAsync(Eventually.Patience);
            return (process.ExitCode, await output + await error);
        }
        finally
        {
            if (!process.HasExited)
            {
                process.Kill();
            }
        }
    }

    private static int Main(string[] arguments)
    {
        Assert.Equal([OutOfDescriptors], arguments);
        ServerStatistics statistics = StarveAndFeed();
        Console.WriteLine(statistics);
        return statistics is { Accepted: 6, AcceptErrors: > 0 } ? 0 : 1;
    }

    /// <summary>Everything here blocks, so that the process needs no timer and no further thread of its own.</summary>
    private static ServerStatistics StarveAndFeed()
    {
        ReactorHost host = ReactorHost.Start(new ReactorOptions { Shards = 1, PollBudget = 64, Backend = TestedBackend.Kind, UnhandledException = static (_, _) => { } });
        TcpServer server = TcpServer.StartAsync(host, Peers.AnyLoopbackPort, Handlers.EchoAsync).GetAwaiter().GetResult();
        Socket before = Peers.Create(server.EndPoint);
        before.Connect(server.EndPoint);
        before.Send("x"u8);
        before.Receive(new byte[1]);
        Socket[] waiting = [.. Enumerable.Range(0, 5).Select(_ => Peers.Create(server.EndPoint))];
        WaitFor(() => server.GetStatistics().Accepted == 1);
        using (new DescriptorExhaustion())
        {
            foreach (Socket peer in waiting)
            {
                peer.Connect(server.EndPoint);
            }

            // What the shard does because of the error, it has done when it runs the next callback.
            WaitFor(() => server.GetStatistics().AcceptErrors > 0);
            bool passed = false;
            host.Shards[0].Post(() => Volatile.Write(ref passed, true));
            WaitFor(() => Volatile.Read(ref passed));
        }

        WaitFor(() => server.GetStatistics().Accepted == 6);
        return server.GetStatistics();
    }

    private static void WaitFor(Func<bool> condition)
    {
        long start = Stopwatch.GetTimestamp();
        while (!condition() && Stopwatch.GetElapsedTime(start) < Eventually.Promptly)
        {
            Thread.Sleep(1);
        }
    }
}
