using System.Globalization;

namespace Reactor.Samples.Common;

/// <summary>One line on the terminal, written anew every second: what the server is doing, and how few system calls it takes.</summary>
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
        try
        {
            while (await timer.WaitForNextTickAsync(stop))
            {
                Totals now = Totals.Read(host, server);
                Console.Write($"\r{Describe(now, last),-100}");
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
        long requests = now.Requests - last.Requests;
        return string.Create(
            CultureInfo.InvariantCulture,
            $"{requests:N0} requests/s, {now.Connections:N0} connections, {Ratio(now.Polls - last.Polls, now.Submits - last.Submits)} polls per io_submit, {Ratio(now.SystemCalls - last.SystemCalls, requests)} system calls per request");
    }

    private static string Ratio(long part, long whole) =>
        whole == 0 ? "–" : ((double)part / whole).ToString("0.00", CultureInfo.InvariantCulture);

    private readonly record struct Totals(long Requests, long Connections, long Polls, long Submits, long SystemCalls)
    {
        internal static Totals Read(ReactorHost host, SampleServer server)
        {
            var shards = host.Shards.Select(shard => shard.GetStatistics()).ToList();
            return new Totals(
                server.Requests,
                server.Connections,
                shards.Sum(shard => shard.PollsSubmitted),
                shards.Sum(shard => shard.SubmitCalls),
                shards.Sum(shard => shard.SystemCalls));
        }
    }
}
