using System.CommandLine.Parsing;

namespace Reactor.Bench.Throughput.Candidates;

/// <summary>A server to measure: a name for the table and the command that starts it.</summary>
internal sealed record Candidate(string Name, string Command)
{
    private const string PortPlaceholder = "{port}";

    /// <summary>What is set in the server's environment over what the bench itself has.</summary>
    public IReadOnlyDictionary<string, string> Environment { get; init; } = new Dictionary<string, string>();

    /// <summary>It binds its threads to the server's CPU itself, because it does something else where the whole process may use one CPU only.</summary>
    public bool PinsItself { get; init; }

    /// <summary>Called with the port before each start, for a server that takes its port from a file only.</summary>
    public Action<int>? BeforeStart { get; init; }

    /// <summary>
    /// Reads <c>NAME=COMMAND</c>. Leading words of the form <c>VARIABLE=VALUE</c> become environment, as in a shell;
    /// nothing else of a shell is understood but quotes.
    /// </summary>
    /// <exception cref="FormatException">The text has no name or no command.</exception>
    public static Candidate Parse(string text)
    {
        int equals = text.IndexOf('=', StringComparison.Ordinal);
        if (equals <= 0)
        {
            throw new FormatException($"'{text}' is not of the form NAME=COMMAND.");
        }

        string name = text[..equals].Trim();
        string[] words = [.. CommandLineParser.SplitCommandLine(text[(equals + 1)..])];
        string[] assignments = [.. words.TakeWhile(IsAssignment)];
        if (words.Length == assignments.Length)
        {
            throw new FormatException($"Candidate '{name}' has no command.");
        }

        return new Candidate(name, text[(equals + 1)..].Trim())
        {
            Environment = assignments.ToDictionary(word => word[..word.IndexOf('=', StringComparison.Ordinal)], word => word[(word.IndexOf('=', StringComparison.Ordinal) + 1)..]),
        };
    }

    /// <summary>The program and its arguments with the port filled in.</summary>
    public IReadOnlyList<string> Words(int port) =>
        [.. CommandLineParser.SplitCommandLine(Command).SkipWhile(IsAssignment).Select(word => word.Replace(PortPlaceholder, $"{port}", StringComparison.Ordinal))];

    /// <summary>A name, then '='. A path with '=' in it is no assignment, and neither is an option.</summary>
    private static bool IsAssignment(string word)
    {
        int equals = word.IndexOf('=', StringComparison.Ordinal);
        return equals > 0 && word[..equals].All(letter => char.IsAsciiLetterOrDigit(letter) || letter == '_');
    }
}
