using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Reactor.Net;

namespace Reactor.Bench.Throughput.Inside.Preempt;

/// <summary>
/// One shard with an echo in one scheduling group and a hog in another of as many shares, and a client with one connection
/// on a thread of its own.
/// </summary>
internal static class EchoBesideHog
{
    private static readonly TimeSpan s_warmup = TimeSpan.FromMilliseconds(500);

    /// <returns>How long each echo took, in Stopwatch ticks, and the part of the shard's time that the hog had.</returns>
    public static async Task<(List<long> Latencies, double HogShare)> MeasureAsync(bool hasHog, TimeSpan taskQuota, TimeSpan time, TimeSpan jobTime, CancellationToken cancellationToken)
    {
        SchedulingGroup echo = SchedulingGroup.Create("echo", 100);
        SchedulingGroup hog = SchedulingGroup.Create("hog", 100);
        await using (var host = ReactorHost.Start(new ReactorOptions
        {
            CpuSet = $"{Cpus.Server}",
            TaskQuota = taskQuota,
            StallThreshold = Timeout.InfiniteTimeSpan,
        }))
        {
            Shard shard = host.Shards[0];
            using var stop = new CancellationTokenSource();
            await using TcpServer server = await TcpServer.StartAsync(
                host, new IPEndPoint(IPAddress.Loopback, 0), EchoAsync, new TcpServerOptions { SchedulingGroup = echo }).ConfigureAwait(false);
            Task hogging = hasHog
                ? shard.InvokeAsync(() => hog.RunAsync(() => HogAsync(jobTime, stop.Token)), CancellationToken.None).AsTask()
                : Task.CompletedTask;
            try
            {
                Task<List<long>> client = Task.Factory.StartNew(
                    () => PingPong(server.EndPoint, time, cancellationToken), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
                TimeSpan hogBefore = shard.GetStatistics(hog).RunTime;
                long since = Stopwatch.GetTimestamp();
                List<long> latencies = await client.ConfigureAwait(false);
                return (latencies, (shard.GetStatistics(hog).RunTime - hogBefore) / Stopwatch.GetElapsedTime(since));
            }
            finally
            {
                await stop.CancelAsync().ConfigureAwait(false);
                await hogging.ConfigureAwait(false);
            }
        }
    }

    private static async Task EchoAsync(TcpConnection connection)
    {
        byte[] buffer = new byte[64];
        while (await connection.ReceiveAsync(buffer) is > 0 and int length)
        {
            await connection.SendAsync(buffer.AsMemory(0, length));
        }
    }

    /// <summary>Work that never ends, in jobs, and that asks in its inner loop whether it should yield.</summary>
    private static async Task HogAsync(TimeSpan jobTime, CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            long start = Stopwatch.GetTimestamp();
            while (Stopwatch.GetElapsedTime(start) < jobTime)
            {
                Thread.SpinWait(10);
                await Shard.YieldIfNeeded();
            }

            await Shard.Yield();
        }
    }

    private static List<long> PingPong(IPEndPoint server, TimeSpan time, CancellationToken cancellationToken)
    {
        using var socket = new Socket(server.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        socket.Connect(server);
        byte[] buffer = new byte[1];
        List<long> latencies = [];
        long start = Stopwatch.GetTimestamp();
        while (Stopwatch.GetElapsedTime(start) < s_warmup + time && !cancellationToken.IsCancellationRequested)
        {
            long sent = Stopwatch.GetTimestamp();
            socket.Send(buffer);
            if (socket.Receive(buffer) != 1)
            {
                throw new BenchFailure("The echo closed the connection.", BenchFailure.Failed);
            }

            if (Stopwatch.GetElapsedTime(start) > s_warmup)
            {
                latencies.Add(Stopwatch.GetTimestamp() - sent);
            }
        }

        return latencies;
    }
}
