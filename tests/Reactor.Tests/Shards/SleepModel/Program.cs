using System.Collections.Immutable;

namespace Reactor.Tests.Shards.SleepModel;

/// <summary>What one thread does, step by step; and its mutations, which a test makes to see the checker find them.</summary>
internal sealed class Program(string name, ImmutableArray<Step> steps)
{
    /// <summary>As the next step: the thread is done.</summary>
    internal const string End = "end";

    internal string Name => name;

    internal ImmutableArray<Step> Steps => steps;

    internal Program Without(string step) => WithReplaced(step);

    internal Program WithMoved(string step, string before)
    {
        Step moved = steps[IndexOf(step)];
        return Without(step).WithInserted(moved, before);
    }

    internal Program WithReplaced(string step, params Step[] by)
    {
        int index = IndexOf(step);
        return new(name, [.. steps[..index], .. by, .. steps[(index + 1)..]]);
    }

    internal Program WithInserted(Step step, string before) => new(name, steps.Insert(IndexOf(before), step));

    internal int IndexOf(string step)
    {
        if (step == End)
        {
            return steps.Length;
        }

        int only = -1;
        for (int i = 0; i < steps.Length; i++)
        {
            if (steps[i].Name == step)
            {
                only = only < 0 ? i : throw new ArgumentException($"{name} has two steps called '{step}'.");
            }
        }

        return only >= 0 ? only : throw new ArgumentException($"{name} has no step '{step}'.");
    }
}
