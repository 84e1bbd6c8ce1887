using System.Diagnostics;
using System.Globalization;
using System.Net.Sockets;

namespace Reactor.Net.Tests;

/// <summary>
/// Runs a scene in a process of its own, where nothing has happened before: no timer has been started, no exception been
/// thrown, hardly an assembly been loaded. The test runner's process has done all that.
/// </summary>
internal static class ColdProcess
{
    private const string OutOfDescriptors = "out-of-descriptors";
    private const string Activated = "activated";

    /// <summary>What /bin/bash -c does with a descriptor ($0) and a command: becomes the command, with the descriptor and the variables as systemd passes them.</summary>
    private const string Activate = "exec 3<&$0 && export LISTEN_PID=$$ LISTEN_FDS=1 LISTEN_FDNAMES=web && exec \"$@\"";

    private static string Host => Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet";

    private static string Assembly => typeof(ColdProcess).Assembly.Location;

    internal static Task<(int ExitCode, string Output)> RunOutOfDescriptorsAsync() => RunAsync(Host, "exec", Assembly, OutOfDescriptors);

    /// <summary>Serves one connection of a socket that listens, as a service that systemd starts.</summary>
    internal static async Task<(int ExitCode, string Output)> RunActivatedAsync(SafeSocketHandle listener)
    {
        // Unlike the socket itself, this one is inherited.
        int inherited = ProcessState.DuplicateInherited(listener);
        try
        {
            return await RunAsync("/bin/bash", "-c", Activate, inherited.ToString(CultureInfo.InvariantCulture), Host, "exec", Assembly, Activated);
        }
        finally
        {
            ProcessState.Close(inherited);
        }
    }

    private static async Task<(int ExitCode, string Output)> RunAsync(string program, params string[] arguments)
    {
        var start = new ProcessStartInfo(program, arguments)
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
        bool isDone = Assert.Single(arguments) switch
        {
            OutOfDescriptors => StarveAndFeed() is { Accepted: 6, AcceptErrors: > 0 },
            Activated => ServeOneAsync().GetAwaiter().GetResult(),
            string other => throw new ArgumentException($"There is no scene '{other}'.", nameof(arguments)),
        };
        return isDone ? 0 : 1;
    }

    private static async Task<bool> ServeOneAsync()
    {
        IReadOnlyList<SystemdSocket> sockets = SystemdSockets.Take();
        Console.WriteLine(string.Join(", ", sockets));
        using SystemdSocket web = Assert.Single(sockets);
        Assert.Equal("web", web.Name);
        Assert.Equal(3, web.Handle.DangerousGetHandle());
        Assert.True(ProcessState.IsCloseOnExec(3));
        Assert.Empty(SystemdSockets.Take());
        Assert.Null(Environment.GetEnvironmentVariable("LISTEN_FDS"));

        await using ReactorHost host = ReactorHost.Start(new ReactorOptions { Shards = 1, PollBudget = 64, Backend = TestedBackend.Kind });
        var served = new TaskCompletionSource();
        await using TcpServer server = await TcpServer.StartAsync(host, web.Handle, async connection =>
        {
            await Handlers.EchoAsync(connection);
            served.SetResult();
        });
        await served.Task.WaitAsync(Eventually.Patience);
        return true;
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
        Console.WriteLine(server.GetStatistics());
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
