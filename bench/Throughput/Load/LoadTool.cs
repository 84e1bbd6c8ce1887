using System.Net;

namespace Reactor.Bench.Throughput.Load;

/// <summary>A load generator as the bench uses it.</summary>
internal abstract class LoadTool
{
    /// <summary>For the report.</summary>
    public abstract string Name { get; }

    /// <summary>Warms the server, then measures it.</summary>
    /// <param name="candidate">Whom, for messages.</param>
    /// <param name="server">Where it listens.</param>
    /// <param name="warmup">How long it is under load before that counts.</param>
    /// <param name="time">How long that is that counts.</param>
    /// <param name="window">Told when the measured time begins and ends.</param>
    /// <param name="cancellation">Ends the generator.</param>
    /// <exception cref="BenchFailure">The generator failed, or saw errors: then the requests it counted are not what they seem.</exception>
    public abstract Task<LoadResult> MeasureAsync(
        string candidate, IPEndPoint server, TimeSpan warmup, TimeSpan time, MeasuredWindow window, CancellationToken cancellation);

    /// <exception cref="BenchFailure">The result is none.</exception>
    protected LoadResult Check(string candidate, LoadResult result) =>
        result.Errors.Length == 0 && result.Requests > 0
            ? result
            : throw new BenchFailure($"{Name} reports for {candidate}: {(result.Errors.Length > 0 ? result.Errors : "no request was answered")}", BenchFailure.Failed);
}
