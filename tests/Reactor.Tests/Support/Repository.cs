namespace Reactor.Tests.Support;

/// <summary>The repository that the tests were built from, for what its documents promise.</summary>
internal static class Repository
{
    internal static string[] ReadLines(string path) => File.ReadAllLines(Path.Combine(Root(), path));

    private static string Root()
    {
        string root = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(root, "Reactor.sln")))
        {
            root = Path.GetDirectoryName(root) ?? throw new InvalidOperationException($"No Reactor.sln above {AppContext.BaseDirectory}");
        }

        return root;
    }
}
