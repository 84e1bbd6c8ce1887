namespace Reactor.Tests.Shards.SleepModel;

/// <summary>
/// What a thread does without an interruption: one access to shared memory or one system call, and whatever it computes
/// from it. The result is the name of the next step, or null for the one below.
/// </summary>
internal sealed record Step(string Name, Func<Cpu, string?> Run)
{
    internal Step(string name, Action<Cpu> run)
        : this(name, cpu =>
        {
            run(cpu);
            return null;
        })
    {
    }

    /// <summary>Touches nothing that is shared, so that it happens together with the step before it: fewer states.</summary>
    internal bool IsLocal { get; private init; }

    internal static Step Local(string name, Func<Cpu, string?> run) => new(name, run) { IsLocal = true };

    internal static Step Local(string name, Action<Cpu> run) => new(name, run) { IsLocal = true };
}
