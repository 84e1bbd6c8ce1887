using System.Globalization;

namespace Reactor.Bench.Throughput.Clocks;

/// <summary>The <c>Name:  value</c> lines of <c>/proc/PID/status</c>.</summary>
internal static class StatusFile
{
    /// <summary>The number after a name, without its unit; 0 when there is no such line, as for a process that is ending.</summary>
    public static long Number(string text, string name)
    {
        foreach (var line in text.AsSpan().EnumerateLines())
        {
            int colon = line.IndexOf(':');
            if (colon < 0 || !line[..colon].SequenceEqual(name))
            {
                continue;
            }

            var value = line[(colon + 1)..].Trim();
            int unit = value.IndexOf(' ');
            return long.Parse(unit < 0 ? value : value[..unit], CultureInfo.InvariantCulture);
        }

        return 0;
    }
}
