namespace Reactor.Samples.WebApp;

/// <summary>A part of a counter. Each shard has one, which only that shard's thread touches: no lock, no shared cache line.</summary>
internal sealed class Counter
{
    internal long Value { get; private set; }

    internal long Increment() => ++Value;
}
