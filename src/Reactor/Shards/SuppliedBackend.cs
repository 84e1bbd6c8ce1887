using Reactor.Polling;
using Reactor.Scheduling;

namespace Reactor.Shards;

/// <summary>A backend that is none of the framework's own, made on the thread of the shard that it is for.</summary>
/// <param name="Backend">The backend; the shard disposes it.</param>
/// <param name="Reason">What it is, for the log.</param>
/// <param name="Flag">Ends the shard's time slices, if it is not null.</param>
internal readonly record struct SuppliedBackend(PollBackend Backend, string Reason, PreemptionFlag? Flag);
