using System.Globalization;
using System.Text.RegularExpressions;

namespace Reactor.Kernel;

/// <summary>One line of mountinfo that mounts a hierarchy of control groups: where it is, and which part of the hierarchy it shows.</summary>
internal sealed partial class CgroupMount
{
    private readonly string _root;
    private readonly string _mountPoint;
    private readonly string[] _options;

    private CgroupMount(string root, string mountPoint, string type, string options)
    {
        _root = root.TrimEnd('/');
        _mountPoint = mountPoint;
        _options = options.Split(',');
        IsUnified = type == "cgroup2";
    }

    /// <summary>Version 2, one hierarchy for all controllers.</summary>
    internal bool IsUnified { get; }

    /// <summary>Whether this is the hierarchy of a controller of version 1, where the mount options name it.</summary>
    internal bool HasController(string name) => !IsUnified && _options.Contains(name);

    /// <summary>
    /// Reads <c>id parent device root mountpoint options [tag…] - type source superoptions</c>; null for what is no
    /// hierarchy of control groups, or no such line.
    /// </summary>
    internal static CgroupMount? Parse(string line)
    {
        string[] fields = line.Split(' ');
        int separator = Array.IndexOf(fields, "-");
        return separator >= 6 && fields.Length > separator + 3 && fields[separator + 1] is "cgroup" or "cgroup2"
            ? new CgroupMount(Unescape(fields[3]), Unescape(fields[4]), fields[separator + 1], fields[separator + 3])
            : null;
    }

    /// <summary>Whether the folder of the group exists below the mount point.</summary>
    internal bool Shows(string folder, string group) =>
        Relative(group) is { } relative && Directory.Exists(Path.Join(folder, _mountPoint, relative));

    /// <summary>
    /// The folders of the group and of its ancestors, from the mount point down. In a container the group may be named as
    /// the host sees it, and its path lead nowhere; the mount point itself is the container's group then.
    /// </summary>
    internal IEnumerable<string> Lineage(string folder, string group)
    {
        string directory = Path.Join(folder, _mountPoint);
        yield return directory;
        if (!Shows(folder, group))
        {
            yield break;
        }

        foreach (string name in Relative(group)!.Split('/', StringSplitOptions.RemoveEmptyEntries))
        {
            yield return directory = Path.Join(directory, name);
        }
    }

    /// <summary>The group's path from the mounted root, or null when it is not below it.</summary>
    private string? Relative(string group)
    {
        // A group outside of the process's cgroup namespace is shown as /../name.
        bool isBelow = (group == _root || group.StartsWith(_root + "/", StringComparison.Ordinal)) && !group.Split('/').Contains("..");
        return isBelow ? group[_root.Length..] : null;
    }

    /// <summary>mountinfo writes white space and backslashes in paths as three octal digits; never a zero, which no path can hold.</summary>
    private static string Unescape(string path) =>
        OctalEscape().Replace(path, match => ((char)Convert.ToInt32(match.Groups[1].Value, 8)).ToString(CultureInfo.InvariantCulture));

    [GeneratedRegex(@"\\(?!000)([0-3][0-7]{2})")]
    private static partial Regex OctalEscape();
}
