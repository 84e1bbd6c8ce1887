using System.Globalization;
using System.Text;

namespace Reactor.Kernel;

/// <summary>A set of CPU numbers, written as the kernel writes it: <c>0-3,8</c>.</summary>
internal sealed class CpuSet : IEquatable<CpuSet>
{
    /// <summary>One more than the highest CPU number that glibc's cpu_set_t can hold.</summary>
    internal const int MaxCpus = 1024;

    private readonly int[] _cpus;

    /// <summary>Takes the numbers in any order; doubles are dropped.</summary>
    internal CpuSet(IEnumerable<int> cpus)
    {
        _cpus = [.. cpus.Distinct().Order()];
        if (_cpus.Length > 0 && (_cpus[0] < 0 || _cpus[^1] >= MaxCpus))
        {
            throw new ArgumentOutOfRangeException(nameof(cpus), $"CPU numbers go from 0 to {MaxCpus - 1}.");
        }
    }

    /// <summary>The CPUs, ascending.</summary>
    internal IReadOnlyList<int> Cpus => _cpus;

    internal int Count => _cpus.Length;

    internal bool Contains(int cpu) => Array.BinarySearch(_cpus, cpu) >= 0;

    /// <summary>Reads a list such as <c>0-3,8</c>: numbers and ascending ranges, separated by commas; white space around them is skipped.</summary>
    internal static bool TryParse(string text, out CpuSet? set)
    {
        set = null;
        var cpus = new List<int>();
        foreach (string part in text.Split(','))
        {
            string[] ends = part.Split('-');
            if (ends.Length > 2 || !TryParseCpu(ends[0], out int first) || !TryParseCpu(ends[^1], out int last) || last < first)
            {
                return false;
            }

            cpus.AddRange(Enumerable.Range(first, last - first + 1));
        }

        set = new CpuSet(cpus);
        return true;
    }

    /// <summary>The list, with runs of two or more written as ranges.</summary>
    public override string ToString()
    {
        var text = new StringBuilder();
        for (int i = 0; i < _cpus.Length; i++)
        {
            int first = _cpus[i];
            while (i + 1 < _cpus.Length && _cpus[i + 1] == _cpus[i] + 1)
            {
                i++;
            }

            text.Append(text.Length > 0 ? "," : "").Append(CultureInfo.InvariantCulture, $"{first}");
            if (_cpus[i] != first)
            {
                text.Append(CultureInfo.InvariantCulture, $"-{_cpus[i]}");
            }
        }

        return text.ToString();
    }

    public bool Equals(CpuSet? other) => other is not null && _cpus.AsSpan().SequenceEqual(other._cpus);

    public override bool Equals(object? obj) => Equals(obj as CpuSet);

    public override int GetHashCode() => _cpus.Aggregate(_cpus.Length, HashCode.Combine);

    private static bool TryParseCpu(string text, out int cpu) =>
        int.TryParse(text.Trim(), NumberStyles.None, CultureInfo.InvariantCulture, out cpu) && cpu < MaxCpus;
}
