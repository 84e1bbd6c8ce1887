namespace Throughput.Tests;

/// <summary>Tests that look at the CPU time of the whole process run when no other does.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class Alone
{
    public const string Name = "Alone";
}
