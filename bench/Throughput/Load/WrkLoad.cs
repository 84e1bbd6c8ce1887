using System.Net;

namespace Reactor.Bench.Throughput.Load;

/// <summary>The load: wrk with one thread on the load's CPU.</summary>
internal sealed class WrkLoad
{
    private readonly int _connections;
    private readonly string _path;
    private readonly string? _script;

    /// <param name="connections">Connections kept open.</param>
    /// <param name="pipeline">Requests sent at once on each; 1 leaves wrk's own fast path alone.</param>
    /// <param name="path">What is asked for.</param>
    /// <param name="folder">Where a script is put; it has to outlive this object.</param>
    public WrkLoad(int connections, int pipeline, string path, TemporaryFolder folder)
    {
        _connections = connections;
        _path = path;
        if (pipeline > 1)
        {
            _script = folder.PathOf("pipeline.lua");
            File.WriteAllText(_script, PipelineScript(pipeline));
        }
    }

    /// <exception cref="BenchFailure">The machine lacks wrk or taskset.</exception>
    public static void Require()
    {
        foreach (string tool in (string[])["wrk", "taskset"])
        {
            if (ExternalTool.Find(tool) is null)
            {
                throw new BenchFailure($"{tool} is not installed: run bench/install-tools.sh.", BenchFailure.CannotStart);
            }
        }
    }

    /// <exception cref="BenchFailure">wrk failed, or saw errors: then the requests it counted are not what they seem.</exception>
    public async Task<WrkResult> RunAsync(string candidate, IPEndPoint server, int seconds, CancellationToken cancellation)
    {
        string[] arguments =
        [
            .. Cpus.Pin(Cpus.Load), "wrk", "-t1", $"-c{_connections}", $"-d{seconds}s", "--latency",
            .. _script is null ? (string[])[] : ["-s", _script],
            $"http://{server}{_path}",
        ];
        var run = await ExternalTool.RunAsync(arguments[0], arguments[1..], Repository.Root, cancellation);
        if (run.ExitCode != 0)
        {
            throw new BenchFailure($"wrk failed on {candidate}: {run.Error.Trim()} {run.Output.Trim()}", BenchFailure.Failed);
        }

        var result = WrkOutput.Parse(run.Output);
        if (result.Errors.Length > 0 || result.Requests == 0)
        {
            throw new BenchFailure($"wrk reports for {candidate}: {(result.Errors.Length > 0 ? result.Errors : "no request was answered")}", BenchFailure.Failed);
        }

        // wrk "corrects" its latencies by the mean interval between answers of a connection. With batches that interval
        // is not the one between requests, and percentiles come out as 0 or as anything else.
        return _script is null ? result : result with { P50Microseconds = null, P99Microseconds = null };
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
