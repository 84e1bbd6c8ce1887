namespace Reactor.Net.Tests;

/// <summary>Tests that look at, or change, what the whole process shares. They run one after the other, after all others.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public static class Alone
{
    public const string Name = "alone";
}
