using System.Net;

namespace Reactor.Bench.Throughput.Load.Wrk;

/// <summary>wrk with one thread on the load's CPU.</summary>
internal sealed class WrkLoad : LoadTool
{
    private readonly LoadSettings _settings;
    private readonly string? _script;

    /// <param name="settings">What to ask; HTTP, as fast as answers come, on connections that stay.</param>
    /// <param name="folder">Where a script is put; it has to outlive this object.</param>
    public WrkLoad(LoadSettings settings, TemporaryFolder folder)
    {
        _settings = settings;
        if (settings.Protocol != Protocol.Http || settings.Rate is not null || settings.RequestsPerConnection is not null)
        {
            throw new BenchFailure("wrk has neither echo, nor a rate, nor connections that end: leave --load to the program's own generator.", BenchFailure.CannotStart);
        }

        // At a depth of 1 wrk's own fast path is left alone.
        if (settings.Pipeline > 1)
        {
            _script = folder.PathOf("pipeline.lua");
            File.WriteAllText(_script, PipelineScript(settings.Pipeline));
        }
    }

    public override string Name => "wrk";

    /// <exception cref="BenchFailure">The machine lacks wrk.</exception>
    public static void Require()
    {
        if (ExternalTool.Find("wrk") is null)
        {
            throw new BenchFailure("wrk is not installed: run bench/install-tools.sh, or leave --load to the program's own generator.", BenchFailure.CannotStart);
        }
    }

    public override async Task<LoadResult> MeasureAsync(
        string candidate, IPEndPoint server, TimeSpan warmup, TimeSpan time, MeasuredWindow window, CancellationToken cancellation)
    {
        if (warmup > TimeSpan.Zero)
        {
            await RunAsync(candidate, server, warmup, cancellation);
        }

        window.Begin();
        var result = await RunAsync(candidate, server, time, cancellation);
        window.End();
        return result;
    }

    private async Task<LoadResult> RunAsync(string candidate, IPEndPoint server, TimeSpan time, CancellationToken cancellation)
    {
        string[] arguments =
        [
            .. Cpus.Pin(Cpus.Load), "wrk", "-t1", $"-c{_settings.Connections}", $"-d{Math.Max(1, (int)time.TotalSeconds)}s", "--latency",
            .. _script is null ? (string[])[] : ["-s", _script],
            $"http://{server}{_settings.Path}",
        ];
        var run = await ExternalTool.RunAsync(arguments[0], arguments[1..], Repository.Root, cancellation);
        if (run.ExitCode != 0)
        {
            throw new BenchFailure($"wrk failed on {candidate}: {run.Error.Trim()} {run.Output.Trim()}", BenchFailure.Failed);
        }

        // wrk "corrects" its latencies by the mean interval between answers of a connection. With batches that interval
        // is not the one between requests, and percentiles come out as 0 or as anything else.
        var result = Check(candidate, WrkOutput.Parse(run.Output));
        return _script is null ? result : result with { Latency = null };
    }

    // The requests are joined once, in init: a script that builds them each time would measure Lua. The path comes from the URL.
    private static string PipelineScript(int depth) => $$"""
        local batch
        init = function(args)
            local requests = {}
            for i = 1, {{depth}} do requests[i] = wrk.format() end
            batch = table.concat(requests)
        end
        request = function() return batch end
        """;
}
