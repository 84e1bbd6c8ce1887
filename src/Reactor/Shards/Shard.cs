using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using Reactor.Kernel;
using Reactor.Polling;
using Reactor.Scheduling;
using Reactor.Shards;

namespace Reactor;

/// <summary>
/// One reactor: a thread, pinned to its CPU, that polls file descriptors and runs the async code that waits for them.
/// What is made on a shard belongs to it and is used there only, so that nothing of it needs a lock. Shards are made by
/// <see cref="ReactorHost"/>.
/// </summary>
/// <remarks>
/// Code that runs on a shard must not block: everything else on the shard waits with it. After an await, of the
/// framework's operations as of any Task, the code is back on its shard; <c>ConfigureAwait(false)</c> on a foreign Task is
/// the way to leave it.
/// </remarks>
[SuppressMessage("Design", "CA1001", Justification = "The shard's own thread gives back what it holds, in TearDown; nobody else could.")]
public sealed partial class Shard
{
    [ThreadStatic]
    private static Shard? t_current;

    private readonly ReactorHost _host;
    private readonly ShardCounters _counters = new();

    // Where the thread may run; null for wherever the process may.
    private readonly CpuSet? _cpus;

    internal Shard(ReactorHost host, int id, CpuSet? cpus, TimeSpan idlePollTime)
    {
        _host = host;
        _cpus = cpus;
        Id = id;
        Cpu = cpus is { Count: 1 } ? cpus.Cpus[0] : null;
        TimeSpan stallThreshold = host.Options.StallThreshold;
        _stallThreshold = stallThreshold == System.Threading.Timeout.InfiniteTimeSpan ? long.MaxValue : ToStopwatchTicks(stallThreshold);
        _idleSpin = new IdleSpin(idlePollTime);
        _timeProvider = new ShardTimeProvider(this);
        _yield = new ShardYield(this);
        bool usesContext = host.Options.UseSynchronizationContext;
        _scheduler = new GroupScheduler(ToStopwatchTicks(s_latencyAdvantage))
        {
            ContextFactory = group => usesContext ? new ShardSynchronizationContext(new PostTarget(this, group)) : null,
        };
        _currentQueue = _scheduler.QueueOf(SchedulingGroup.Default);
    }

    /// <summary>The shard that the calling thread runs; null on every other thread.</summary>
    public static Shard? Current => t_current;

    /// <summary>The number of the shard within its host, from 0.</summary>
    public int Id { get; }

    /// <summary>The CPU that the thread is pinned to; null when it is not pinned.</summary>
    public int? Cpu { get; }

    /// <summary>How the shard learns what is ready; what was chosen, never <see cref="BackendKind.Auto"/>.</summary>
    public BackendKind Backend { get; private set; }

    /// <summary>Why this backend, and how it works here: the number of polls that it was given, or what could not be had.</summary>
    public string BackendReason { get; private set; } = "";

    /// <summary>Whether the calling thread is this shard's.</summary>
    public bool IsOnShard => t_current == this;

    /// <summary>The table and the calls of this shard's readiness. For this shard's thread only.</summary>
    internal PollBackend Polls => _backend;

    internal ReactorHost Host => _host;

    internal ShardCounters Counters => _counters;

    /// <summary>The name of the shard and its CPU, as messages show it.</summary>
    public override string ToString() => Cpu is { } cpu ? $"shard {Id} (CPU {cpu})" : $"shard {Id}";

    /// <summary>Throws unless called on this shard; the check at every public door of what the shard owns.</summary>
    /// <exception cref="InvalidOperationException">The calling thread is not this shard's.</exception>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal void VerifyAccess()
    {
        if (t_current != this)
        {
            ThrowWrongShard();
        }
    }

    private void ThrowWrongShard()
    {
        if (_hasStopped)
        {
            // There is no right thread any more. What the shard held is closed, and says so itself.
            return;
        }

        string caller = t_current is { } current ? current.ToString() : $"thread '{Thread.CurrentThread.Name ?? Environment.CurrentManagedThreadId.ToString(System.Globalization.CultureInfo.InvariantCulture)}', which is no shard";
        throw new InvalidOperationException(
            $"This object belongs to {this} and was used from {caller}. Use it where it was made, or send the work there: shard.InvokeAsync(() => …).");
    }
}
