using System.Diagnostics;
using System.Net;
using System.Text.Json;

namespace Reactor.Bench.Throughput.Load.Generator;

/// <summary>Our own load generator as a process of its own, pinned to the load's CPU: this program's <c>load</c> subcommand.</summary>
internal sealed class GeneratorLoad(LoadSettings settings) : LoadTool
{
    /// <summary>What the generator writes when the measured time begins.</summary>
    public const string MeasuringLine = "measuring";

    public override string Name => "the load generator";

    public override async Task<LoadResult> MeasureAsync(
        string candidate, IPEndPoint server, TimeSpan warmup, TimeSpan time, MeasuredWindow window, CancellationToken cancellation)
    {
        // A shard that spins is pinned by itself: where the whole process may use one CPU only, it would not spin.
        string[] words = [.. settings.Spins ? [] : Cpus.Pin(Cpus.Load), .. Self(), .. LoadCommand.Arguments(server, settings, warmup, time)];
        var start = new ProcessStartInfo(words[0], words[1..]) { RedirectStandardOutput = true, RedirectStandardError = true };
        using var process = Process.Start(start)!;
        try
        {
            var error = process.StandardError.ReadToEndAsync(cancellation);
            if (await process.StandardOutput.ReadLineAsync(cancellation) == MeasuringLine)
            {
                window.Begin();
            }

            string? result = await process.StandardOutput.ReadLineAsync(cancellation);
            window.End();
            return result is not null
                ? Check(candidate, JsonSerializer.Deserialize<LoadResult>(result)!)
                : throw new BenchFailure($"The load generator ended early on {candidate}: {(await error).Trim()}", BenchFailure.Failed);
        }
        finally
        {
            if (!process.WaitForExit(TimeSpan.FromSeconds(2)))
            {
                process.Kill();
            }

            await process.WaitForExitAsync(CancellationToken.None);
        }
    }

    /// <summary>This very program: by its own name, or as an argument of dotnet's or of a test host's.</summary>
    private static string[] Self()
    {
        string assembly = typeof(GeneratorLoad).Assembly.Location;
        string program = Path.ChangeExtension(assembly, null);
        return File.Exists(program) ? [program] : ["dotnet", assembly];
    }
}
