using System.Globalization;

namespace Reactor.Samples.Common;

/// <summary>
/// One line on the terminal, written anew every second: what the server is doing, how that is spread over its shards, and
/// how few system calls it takes.
/// </summary>
internal static class LiveLine
{
    private static readonly TimeSpan s_interval = TimeSpan.FromSeconds(1);

    /// <summary>Shows the line until the token fires. Where the output is no terminal, it only waits.</summary>
    internal static async Task ShowAsync(ReactorHost host, SampleServer server, CancellationToken stop)
    {
        if (Console.IsOutputRedirected)
        {
            await Task.Delay(Timeout.Infinite, stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            return;
        }

        using var timer = new PeriodicTimer(s_interval);
        Totals last = Totals.Read(host, server);
        int width = 0;
        try
        {
            while (await timer.WaitForNextTickAsync(stop))
            {
                Totals now = Totals.Read(host, server);
                string line = Cut(Describe(now, last));
                Console.Write($"\r{line.PadRight(width)}");
                width = line.Length;
                last = now;
            }
        }
        catch (OperationCanceledException)
        {
            Console.WriteLine();
        }
    }

    private static string Describe(Totals now, Totals last)
    {
        long[] requests = [.. now.Loads.Zip(last.Loads, (now, last) => now.Requests - last.Requests)];
        long[] connections = [.. now.Loads.Select(load => load.Connections)];
        long sum = requests.Sum();
        return string.Create(
            CultureInfo.InvariantCulture,
            $"{sum:N0} requests/s{ShardCounts.Describe(requests)}, {connections.Sum():N0} connections{ShardCounts.Describe(connections)}, {Ratio(now.Polls - last.Polls, now.Submits - last.Submits)} polls per io_submit, {Ratio(now.SystemCalls - last.SystemCalls, sum)} system calls per request");
    }

    /// <summary>What does not fit would go on in the next line, and stay there.</summary>
    private static string Cut(string line)
    {
        int room = Console.WindowWidth - 1;
        return room > 0 && line.Length > room ? line[..room] : line;
    }

    private static string Ratio(long part, long whole) =>
        whole == 0 ? "–" : ((double)part / whole).ToString("0.00", CultureInfo.InvariantCulture);

    private readonly record struct Totals(IReadOnlyList<ShardLoad> Loads, long Polls, long Submits, long SystemCalls)
    {
        internal static Totals Read(ReactorHost host, SampleServer server)
        {
            var shards = host.Shards.Select(shard => shard.GetStatistics()).ToList();
            return new Totals(
                server.Loads,
                shards.Sum(shard => shard.PollsSubmitted),
                shards.Sum(shard => shard.SubmitCalls),
                shards.Sum(shard => shard.SystemCalls));
        }
    }
}
