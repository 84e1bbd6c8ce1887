namespace Reactor.Tests.Support;

/// <summary>For tests that count what belongs to the whole process (threads, descriptors, contexts) or measure time.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class Alone
{
    internal const string Name = "alone";
}
