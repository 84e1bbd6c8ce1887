namespace Reactor.Bench.Throughput.Candidates;

/// <summary>Which candidates run, and in which order; the order matters because the first is what the others are compared with.</summary>
internal static class CandidateSelection
{
    /// <summary>
    /// The defaults and then the user's own, one of the user's taking the place of a default of the same name;
    /// with <paramref name="only"/>, just those, in the order in which they are named.
    /// </summary>
    /// <exception cref="BenchFailure">A name in <paramref name="only"/> is not known, or a name is given twice.</exception>
    public static IReadOnlyList<CandidateSource> Select(
        IReadOnlyList<CandidateSource> defaults, IReadOnlyList<Candidate> own, IReadOnlyList<string> only)
    {
        RequireDistinct(own.Select(candidate => candidate.Name));
        RequireDistinct(only);
        var ownNames = own.Select(candidate => candidate.Name).ToHashSet(StringComparer.Ordinal);
        List<CandidateSource> all =
        [
            .. defaults.Where(source => !ownNames.Contains(source.Name)),
            .. own.Select(CandidateSource.Of),
        ];
        if (only.Count == 0)
        {
            return all;
        }

        return [.. only.Select(name => all.Find(source => source.Name == name) ?? throw Unknown(name, all))];
    }

    /// <summary>Rounds belong together by the candidate's name, so two of one name would be drawn into one row.</summary>
    private static void RequireDistinct(IEnumerable<string> names)
    {
        if (names.GroupBy(name => name).FirstOrDefault(group => group.Count() > 1) is { } twice)
        {
            throw new BenchFailure($"Candidate '{twice.Key}' is given twice; each needs a name of its own.", BenchFailure.CannotStart);
        }
    }

    private static BenchFailure Unknown(string name, IEnumerable<CandidateSource> all) =>
        new($"No candidate is called '{name}'. There are: {string.Join(", ", all.Select(source => source.Name))}.", BenchFailure.CannotStart);
}
