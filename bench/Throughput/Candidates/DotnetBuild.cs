namespace Reactor.Bench.Throughput.Candidates;

/// <summary>Builds a project of this repository, so that what is measured is what the source says.</summary>
internal static class DotnetBuild
{
    private static readonly Dictionary<string, string?> s_outcomes = [];

    /// <summary>Builds a project once, however many candidates run it. Returns null when the program stands ready, else the reason why it does not.</summary>
    public static async Task<string?> RunAsync(string projectFolder, string executable, CancellationToken cancellation)
    {
        if (!s_outcomes.TryGetValue(projectFolder, out string? outcome))
        {
            outcome = await BuildAsync(projectFolder, executable, cancellation);
            s_outcomes.Add(projectFolder, outcome);
        }

        return outcome;
    }

    private static async Task<string?> BuildAsync(string projectFolder, string executable, CancellationToken cancellation)
    {
        // Compiler and build servers that stay behind would compete with what is measured.
        string[] arguments =
            ["build", Repository.PathOf(projectFolder), "-c", "Release", "-v", "quiet", "-nologo", "-nodeReuse:false", "-p:UseSharedCompilation=false"];
        var result = await ExternalTool.RunAsync("dotnet", arguments, Repository.Root, cancellation);
        if (result.ExitCode != 0)
        {
            string? firstError = result.Output.Split('\n').FirstOrDefault(line => line.Contains("error", StringComparison.Ordinal));
            return $"{projectFolder} does not build: {firstError?.Trim() ?? result.Error.Trim()}";
        }

        return File.Exists(Repository.PathOf(executable)) ? null : $"{projectFolder} was built without {executable}";
    }
}
