using Reactor.Kernel;

namespace Reactor;

/// <summary>What a <see cref="ReactorHost"/> is made of. Read once, at its start.</summary>
public sealed class ReactorOptions
{
    /// <summary>
    /// The default of <see cref="PollBudget"/>: a quarter of the kernel's default fs.aio-max-nr (65,536, system-wide).
    /// </summary>
    internal const int DefaultPollBudget = 16_384;

    /// <summary>The number of shards. Today exactly 1.</summary>
    public int Shards { get; set; } = 1;

    /// <summary>
    /// The CPUs for the shards, such as <c>0-3,8</c>, one for each shard in ascending order; null to take the lowest that
    /// the process may use.
    /// </summary>
    public string? CpuSet { get; set; }

    /// <summary>How shards learn what is ready. <see cref="BackendKind.Auto"/> takes the best that the machine allows.</summary>
    public BackendKind Backend { get; set; } = BackendKind.Auto;

    /// <summary>
    /// How many polls a shard may have armed at a time: about the number of idle connections. At the most this many are
    /// charged to fs.aio-max-nr, fewer when less than twice as much is left. Beyond it, polls wait until others fire.
    /// 16,384 by default; at least 64.
    /// </summary>
    public int PollBudget { get; set; } = DefaultPollBudget;

    /// <summary>
    /// Whether awaits of foreign tasks on a shard come home to it, through a <see cref="SynchronizationContext"/>. True by
    /// default. Without it, code is on the thread pool after awaiting a foreign task; awaits of the framework's own
    /// operations stay on the shard either way.
    /// </summary>
    public bool UseSynchronizationContext { get; set; } = true;

    /// <summary>
    /// Told of exceptions that leave a posted callback or an async void method; called on the shard, which goes on
    /// afterwards. By default they are written to the standard error stream.
    /// </summary>
    public Action<Shard, Exception> UnhandledException { get; set; } =
        static (shard, exception) => Console.Error.WriteLine($"{shard}: unhandled exception: {exception}");

    /// <summary>Checks the options and chooses a CPU for each shard.</summary>
    /// <exception cref="ArgumentException">An option cannot be met; the message names it, its value and what would do.</exception>
    internal IReadOnlyList<int> ChooseCpus(CpuSet allowed)
    {
        if (Shards != 1)
        {
            throw Refuse(nameof(Shards), Shards, "this version runs exactly 1 shard");
        }

        if (!Enum.IsDefined(Backend))
        {
            throw Refuse(nameof(Backend), Backend, $"known are {string.Join(", ", Enum.GetNames<BackendKind>())}");
        }

        if (PollBudget < Polling.PollBackendFactory.MinimumBudget)
        {
            throw Refuse(nameof(PollBudget), PollBudget, $"the least is {Polling.PollBackendFactory.MinimumBudget}");
        }

        if (UnhandledException is null)
        {
            throw Refuse(nameof(UnhandledException), "null", "give it a callback, or leave the default");
        }

        if (CpuSet is null)
        {
            return [.. allowed.Cpus.Take(Shards)];
        }

        if (!Kernel.CpuSet.TryParse(CpuSet, out CpuSet? chosen))
        {
            throw Refuse(nameof(CpuSet), $"'{CpuSet}'", "write numbers and ranges, as in '0-3,8'");
        }

        if (chosen!.Cpus.Any(cpu => !allowed.Contains(cpu)))
        {
            throw Refuse(nameof(CpuSet), $"'{CpuSet}'", $"this process may run on '{allowed}' only");
        }

        if (chosen.Count < Shards)
        {
            throw Refuse(nameof(CpuSet), $"'{CpuSet}'", $"it has {chosen.Count} CPUs for {Shards} shards; name at least as many as there are shards");
        }

        return [.. chosen.Cpus.Take(Shards)];
    }

    internal ReactorOptions Copy() => (ReactorOptions)MemberwiseClone();

    private static ArgumentException Refuse(string option, object value, string why) =>
        new($"{nameof(ReactorOptions)}.{option} is {value}: {why}.", option);
}
