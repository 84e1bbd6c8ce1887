namespace Reactor.Hosting;

/// <summary>Among the services of an application that cannot do without the shards: a start without them fails.</summary>
internal sealed class ReactorIsRequired;
