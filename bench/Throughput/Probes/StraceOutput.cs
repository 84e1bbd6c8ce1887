using System.Globalization;

namespace Reactor.Bench.Throughput.Probes;

/// <summary>Reads the table that <c>strace -c</c> writes.</summary>
internal static class StraceOutput
{
    /// <summary>Calls by name, without the line of the total.</summary>
    /// <exception cref="FormatException">There is no table.</exception>
    public static IReadOnlyDictionary<string, long> Parse(string text)
    {
        var lines = text.Split('\n');
        int rule = Array.FindIndex(lines, line => line.StartsWith("------", StringComparison.Ordinal));
        if (rule < 0)
        {
            throw new FormatException($"strace wrote no table:\n{text}");
        }

        // % time, seconds, usecs/call, calls, errors (which may be empty), syscall
        return lines.Skip(rule + 1)
            .TakeWhile(line => !line.StartsWith("------", StringComparison.Ordinal))
            .Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries))
            .Where(fields => fields.Length >= 5)
            .ToDictionary(fields => fields[^1], fields => long.Parse(fields[3], CultureInfo.InvariantCulture));
    }
}
