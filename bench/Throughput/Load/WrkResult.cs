namespace Reactor.Bench.Throughput.Load;

/// <summary>One run of wrk.</summary>
/// <param name="Requests">Answers received.</param>
/// <param name="Seconds">How long the load lasted by wrk's own clock, without the start and the end of the process.</param>
/// <param name="BytesRead">Everything received; divided by the requests it shows whether candidates answer alike.</param>
/// <param name="P50Microseconds">Median latency; null where wrk's figure is not one.</param>
/// <param name="P99Microseconds">Latency of all but the slowest hundredth; null likewise.</param>
/// <param name="Errors">wrk's own words on failed sockets and answers that were no success; empty when all went well.</param>
internal sealed record WrkResult(
    long Requests, double Seconds, long BytesRead, double? P50Microseconds, double? P99Microseconds, string Errors);
