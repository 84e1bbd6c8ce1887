using System.Globalization;

namespace Reactor.Bench.Throughput.Clocks;

/// <summary>
/// The CPU clock of a process and its descendants: the first field of each task's schedstat, in nanoseconds. The
/// kernel brings a running thread's figure up to date at its ticks, so a reading is a few milliseconds uncertain.
/// </summary>
internal sealed class CpuClock(int rootProcess)
{
    public CpuSnapshot Read()
    {
        var tasks = new Dictionary<int, TaskCounters>();
        foreach (int process in ProcessTree())
        {
            foreach (string folder in TasksOf(process))
            {
                try
                {
                    var counters = TaskCounters.Parse(File.ReadAllText(folder + "/schedstat"), File.ReadAllText(folder + "/status"));
                    tasks[IdOf(folder)] = counters;
                }
                catch (IOException)
                {
                    // The thread ended between being listed and being read.
                }
            }
        }

        return new CpuSnapshot(tasks);
    }

    /// <summary>Resident memory of the tree. Pages that its processes share count once for each.</summary>
    public long ReadResidentBytes() => ProcessTree().Sum(process =>
    {
        try
        {
            return StatusFile.Number(File.ReadAllText($"/proc/{process}/status"), "VmRSS") * 1024;
        }
        catch (IOException)
        {
            return 0;
        }
    });

    /// <summary>The process and its descendants.</summary>
    public IReadOnlyList<int> Processes() => ProcessTree();

    private List<int> ProcessTree()
    {
        List<int> found = [rootProcess];
        for (int i = 0; i < found.Count; i++)
        {
            foreach (string folder in TasksOf(found[i]))
            {
                try
                {
                    string children = File.ReadAllText(folder + "/children");
                    found.AddRange(children.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(ParseId));
                }
                catch (IOException)
                {
                    // As above.
                }
            }
        }

        return found;
    }

    private static string[] TasksOf(int process)
    {
        try
        {
            return Directory.GetDirectories($"/proc/{process}/task");
        }
        catch (IOException)
        {
            return [];
        }
    }

    private static int IdOf(string folder) => ParseId(Path.GetFileName(folder));

    private static int ParseId(string text) => int.Parse(text, CultureInfo.InvariantCulture);
}
