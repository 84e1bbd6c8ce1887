namespace Reactor.Bench.Backends;

/// <summary>Whose handler serves.</summary>
internal enum ServerKind
{
    Http,
    Echo,
}
