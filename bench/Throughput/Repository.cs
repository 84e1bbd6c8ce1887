namespace Reactor.Bench.Throughput;

/// <summary>Where the repository lies, so that the program can be started from any folder.</summary>
internal static class Repository
{
    private const string Marker = "Reactor.sln";

    /// <summary>The folder that holds the solution file.</summary>
    public static string Root { get; } = FindRoot();

    public static string PathOf(string relative) => Path.Combine(Root, relative);

    private static string FindRoot()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, Marker)))
            {
                return folder.FullName;
            }
        }

        throw new BenchFailure($"No {Marker} above {AppContext.BaseDirectory}: run the program from its repository.", BenchFailure.CannotStart);
    }
}
