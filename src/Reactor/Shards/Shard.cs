using System.Diagnostics;
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
    private readonly RunQueue _runQueue = new();
    private readonly ShardCounters _counters = new();

    // Where the thread may run; null for wherever the process may.
    private readonly CpuSet? _cpus;

    internal Shard(ReactorHost host, int id, CpuSet? cpus, TimeSpan idlePollTime)
    {
        _host = host;
        _cpus = cpus;
        Id = id;
        Cpu = cpus is { Count: 1 } ? cpus.Cpus[0] : null;
        _idleSpin = new IdleSpin(idlePollTime);
        _synchronizationContext = new ShardSynchronizationContext(new PostTarget(this));
        _timeProvider = new ShardTimeProvider(this);
    }

    /// <summary>The shard that the calling thread runs; null on every other thread.</summary>
    public static Shard? Current => t_current;

    /// <summary>The number of the shard within its host, from 0.</summary>
    public int Id { get; }

    /// <summary>The CPU that the thread is pinned to; null when it is not pinned.</summary>
    public int? Cpu { get; }

    /// <summary>How the shard learns what is ready; what was chosen, never <see cref="BackendKind.Auto"/>.</summary>
    public BackendKind Backend { get; private set; }

    /// <summary>Whether the calling thread is this shard's.</summary>
    public bool IsOnShard => t_current == this;

    /// <summary>The table and the calls of this shard's readiness. For this shard's thread only.</summary>
    internal PollBackend Polls => _backend;

    internal ReactorHost Host => _host;

    internal ShardCounters Counters => _counters;

    /// <summary>The name of the shard and its CPU, as messages show it.</summary>
    public override string ToString() => Cpu is { } cpu ? $"shard {Id} (CPU {cpu})" : $"shard {Id}";

    /// <summary>Reads the counters. Safe on any thread: every value is whole, and a little old on other threads.</summary>
    public ShardStatistics GetStatistics() => ShardStatistics.Read(_counters, _backend?.Counters);

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

    /// <summary>Makes a continuation ready. On this shard only.</summary>
    /// <remarks>
    /// Hot path. Here a scheduling group will choose among several queues; today there is one.
    /// </remarks>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal void Schedule(Action<object?> callback, object? state)
    {
        Debug.Assert(IsOnShard, "the run queue is not locked");
        _runQueue.Enqueue(callback, state);
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
