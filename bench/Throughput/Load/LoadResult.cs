namespace Reactor.Bench.Throughput.Load;

/// <summary>What a load generator saw.</summary>
/// <param name="Requests">Answers that came in the measured time.</param>
/// <param name="Seconds">How long that was, by the generator's own clock.</param>
/// <param name="BytesRead">Everything received in it; divided by the requests it shows whether candidates answer alike.</param>
/// <param name="Latency">Null where the generator has no figures that are worth it.</param>
/// <param name="AllRequests">Answers since the generator's start, warm-up included.</param>
/// <param name="CpuShare">The share of one CPU that the generator used; null where it does not say.</param>
/// <param name="Errors">What went wrong, in words; empty when all went well.</param>
internal sealed record LoadResult(
    long Requests, double Seconds, long BytesRead, LatencyFigures? Latency, long AllRequests, double? CpuShare, string Errors);

/// <summary>Latencies in microseconds; null where the generator does not tell.</summary>
internal sealed record LatencyFigures(double P50, double P90, double P99, double? P999, double Max);
