using System.ComponentModel.DataAnnotations;
using System.Diagnostics.Metrics;
using Reactor.Kernel;
using Reactor.Shards;

namespace Reactor;

/// <summary>What a <see cref="ReactorHost"/> is made of. Read once, at its start.</summary>
public sealed class ReactorOptions : IValidatableObject
{
    /// <summary>
    /// The default of <see cref="PollBudget"/>: a quarter of the kernel's default fs.aio-max-nr (65,536, system-wide).
    /// </summary>
    internal const int DefaultPollBudget = 16_384;

    /// <summary>The default of <see cref="TaskQuota"/>, which is Seastar's.</summary>
    internal static readonly TimeSpan DefaultTaskQuota = TimeSpan.FromMicroseconds(500);

    private static readonly TimeSpan s_leastTaskQuota = TimeSpan.FromMicroseconds(10);
    private static readonly TimeSpan s_leastStallThreshold = TimeSpan.FromMilliseconds(1);

    /// <summary>
    /// The number of shards; null, the default, for one on each CPU: of <see cref="CpuSet"/>, or of those that the process
    /// may use and its control group's quota (cpu.max, rounded down) pays for.
    /// </summary>
    public int? Shards { get; set; }

    /// <summary>
    /// The CPUs for the shards, such as <c>0-3,8</c>, one for each shard in ascending order; null to take the lowest that
    /// the process may use.
    /// </summary>
    public string? CpuSet { get; set; }

    /// <summary>
    /// Lets there be more shards than CPUs, for tests and for machines that are shared: no shard is pinned to a CPU of its
    /// own, and none spins. False by default.
    /// </summary>
    public bool Overprovisioned { get; set; }

    /// <summary>
    /// How long at the most an idle shard looks for news in user memory before it sleeps in the kernel. It does so only
    /// while that has lately paid. Zero sleeps at once; <see cref="Timeout.InfiniteTimeSpan"/> polls without end, for the
    /// least latency at the price of a whole CPU for each shard. 50 µs by default: long enough for the answer of a peer on
    /// the same machine, and about what falling asleep and being woken takes. Whatever it says, a shard sleeps at once where
    /// the process may use one CPU only, and with <see cref="Overprovisioned"/>.
    /// </summary>
    public TimeSpan IdlePollTime { get; set; } = TimeSpan.FromMicroseconds(50);

    /// <summary>
    /// How shards learn what is ready. <see cref="BackendKind.Auto"/>, the default, takes Linux AIO and, where that is not to
    /// be had, epoll; <see cref="Log"/> is told why. <see cref="BackendKind.LinuxAio"/> fails the start instead.
    /// </summary>
    public BackendKind Backend { get; set; } = BackendKind.Auto;

    /// <summary>
    /// How many polls a shard may have armed at a time: about the number of idle connections. At the most this many are
    /// charged to fs.aio-max-nr, fewer when less than twice as much is left. What is beyond it waits in an epoll set, whose
    /// own descriptor is polled: there is no limit to the number of connections. 16,384 by default; at least 64.
    /// </summary>
    public int PollBudget { get; set; } = DefaultPollBudget;

    /// <summary>
    /// How long work may run on a shard before the loop looks at its polls again, and before <see cref="Shard.NeedsPreempt"/>
    /// asks it to yield. 500 µs by default, at least 10 µs; <see cref="Timeout.InfiniteTimeSpan"/> never preempts.
    /// </summary>
    public TimeSpan TaskQuota { get; set; } = DefaultTaskQuota;

    /// <summary>
    /// How long the loop of a shard may not turn before that is a stall, which is reported to <see cref="StallDetected"/>
    /// and counted. 25 ms by default, at least 1 ms; <see cref="Timeout.InfiniteTimeSpan"/> for no detector.
    /// </summary>
    /// <remarks>
    /// One thread of the host looks at all shards twice in that time, though not more than once in a millisecond, and not at
    /// all while they are idle. Who blocks a shard is seen through its <see cref="SynchronizationContext"/> only. A process that a
    /// debugger is attached to or that was stopped, and shards that poll or sleep, do not stall.
    /// </remarks>
    public TimeSpan StallThreshold { get; set; } = TimeSpan.FromMilliseconds(25);

    /// <summary>
    /// Told of stalls when they end, and of those that last when they are a second old and each time that their age has
    /// doubled, and of their ends. When a stall of a shard was told, others of that shard are not for the next 10 seconds,
    /// but counted in the next report. Called on a thread of its own, which looks at no shard meanwhile; a host that stops
    /// waits a second for it at the most. By default stalls are written to the standard error stream.
    /// </summary>
    public Action<StallReport> StallDetected { get; set; } = Console.Error.WriteLine;

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

    /// <summary>
    /// Told, once at the start, what was chosen and what was taken into account: the shards and their CPUs, and the backend
    /// of each. Told later, on the shard, when one has more to wait for than <see cref="PollBudget"/>. Null, the default,
    /// for silence.
    /// </summary>
    public Action<string>? Log { get; set; }

    /// <summary>The system calls of the time slice; null for the real ones. So that tests see what happens where they are refused.</summary>
    internal AioSystemCalls? SliceCalls { get; set; }

    /// <summary>Makes each shard's backend, whatever <see cref="Backend"/> says; null for the framework's own. So that other designs can be measured under the same loop.</summary>
    internal Func<SuppliedBackend>? SupplyBackend { get; set; }

    /// <summary>
    /// Makes the <see cref="Meter"/> "Reactor", in which the host shows what its shards count: the application's factory, or
    /// one of its own for each of several hosts, whose shards could not be told apart otherwise. Null, the default, for a
    /// meter that is made and disposed with the host.
    /// </summary>
    public IMeterFactory? MeterFactory { get; set; }

    /// <summary>Checks what can be checked without knowing the machine.</summary>
    /// <exception cref="ArgumentException">An option cannot be met; the message names it, its value and what would do.</exception>
    internal void Validate()
    {
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

        if (StallDetected is null)
        {
            throw Refuse(nameof(StallDetected), "null", "give it a callback, or leave the default");
        }

        if (StallThreshold < s_leastStallThreshold && StallThreshold != Timeout.InfiniteTimeSpan)
        {
            throw Refuse(nameof(StallThreshold), StallThreshold, "the least is 1 ms; Timeout.InfiniteTimeSpan is for no detector");
        }

        if (TaskQuota < s_leastTaskQuota && TaskQuota != Timeout.InfiniteTimeSpan)
        {
            throw Refuse(nameof(TaskQuota), TaskQuota, "the least is 10 µs; Timeout.InfiniteTimeSpan never preempts");
        }

        if (IdlePollTime < TimeSpan.Zero && IdlePollTime != Timeout.InfiniteTimeSpan)
        {
            throw Refuse(nameof(IdlePollTime), IdlePollTime, "the least is zero, which sleeps at once; Timeout.InfiniteTimeSpan polls without end");
        }
    }

    /// <summary>What a start on this machine would refuse, for those who ask before they start.</summary>
    IEnumerable<ValidationResult> IValidatableObject.Validate(ValidationContext validationContext)
    {
        try
        {
            Validate();
            if (OperatingSystem.IsLinux())
            {
                ShardPlacement.Choose(this, ThreadAffinity.Get(), CpuQuota.Read());
            }

            return [];
        }
        catch (ArgumentException refusal)
        {
            return [new ValidationResult(refusal.Message)];
        }
    }

    internal ReactorOptions Copy() => (ReactorOptions)MemberwiseClone();

    internal static ArgumentException Refuse(string option, object value, string why) =>
        new($"{nameof(ReactorOptions)}.{option} is {value}: {why}.", option);
}
