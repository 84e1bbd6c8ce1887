using System.Diagnostics;
using Reactor.Diagnostics;
using Reactor.Kernel;
using Reactor.Shards;

namespace Reactor;

/// <summary>The shards of a process, or of a part of it: starts their threads and stops them.</summary>
public sealed partial class ReactorHost : IAsyncDisposable
{
    private static int s_lastNumber;

    private readonly Shard[] _shards;
    private readonly Lock _stopLock = new();
    private Task? _stopTask;
    private volatile bool _isAbandoned;

    private ReactorHost(ReactorOptions options, ShardPlacement placement, bool maySpin)
    {
        Options = options;
        TimeSpan idlePollTime = maySpin ? options.IdlePollTime : TimeSpan.Zero;
        _shards = [.. placement.Shards.Select((cpus, id) => new Shard(this, id, cpus, idlePollTime))];
        ConnectShards();
        Metrics = new ReactorMetrics(this, options.MeterFactory);
    }

    /// <summary>The shards, by their <see cref="Shard.Id"/>.</summary>
    public IReadOnlyList<Shard> Shards => _shards;

    /// <summary>The options as they were at the start; later changes of the caller's are not seen.</summary>
    internal ReactorOptions Options { get; }

    /// <summary>Looks for stalls; null when that is switched off.</summary>
    internal StallWatcher? StallWatcher { get; private set; }

    /// <summary>The number of the host in this process, from 1, as events show it.</summary>
    internal int Number { get; } = Interlocked.Increment(ref s_lastNumber);

    internal ReactorMetrics Metrics { get; }

    /// <summary>Whether a stop has begun. Safe on any thread.</summary>
    internal bool IsStopping => Volatile.Read(ref _stopTask) is not null;

    /// <summary>Whoever stopped the host has given up waiting: a shard is blocked in code that may never end, and nobody is to wait for it again.</summary>
    internal bool IsAbandoned => _isAbandoned;

    /// <summary>Starts one pinned thread for each shard and returns when all their loops run.</summary>
    /// <param name="options">Null for the defaults.</param>
    /// <exception cref="ArgumentException">An option cannot be met.</exception>
    /// <exception cref="InvalidOperationException">The system lacks what a shard needs; the message says what to change. What had been started is stopped again.</exception>
    /// <exception cref="PlatformNotSupportedException">Not Linux.</exception>
    public static ReactorHost Start(ReactorOptions? options = null)
    {
        if (!OperatingSystem.IsLinux())
        {
            throw new PlatformNotSupportedException("Reactor needs Linux: its shards poll through Linux AIO.");
        }

        ReactorOptions own = (options ?? new ReactorOptions()).Copy();
        own.Validate();
        CpuSet allowed = ThreadAffinity.Get();
        ShardPlacement placement = ShardPlacement.Choose(own, allowed, CpuQuota.Read());
        own.Log?.Invoke($"reactor: {placement}");

        // On the only CPU, whoever has news for a shard cannot run while the shard looks for them.
        var host = new ReactorHost(own, placement, maySpin: !own.Overprovisioned && allowed.Count > 1);
        LiveHosts.Add(host);
        try
        {
            // Each shard sets itself up on its own thread, none of which is this one, so that blocking here is safe.
            Task.WhenAll(host._shards.Select(shard => shard.StartAsync())).GetAwaiter().GetResult();
            host.StartWatching();
            foreach (Shard shard in host._shards)
            {
                own.Log?.Invoke($"reactor: {shard} polls through {shard.Backend}: {shard.BackendReason}");
            }
        }
        catch
        {
            host.StopAsync().GetAwaiter().GetResult();
            throw;
        }

        ReactorEventSource.Log.HostStarted(host.Number, host._shards.Length);

        return host;
    }

    /// <summary>
    /// Stops the shards. Connections and listeners that they still hold are aborted: stop servers first. Work that was
    /// queued still runs; threads, file descriptors and AIO contexts are gone when the task ends. May be called again,
    /// and from any thread.
    /// </summary>
    /// <returns>A task that ends when all threads have.</returns>
    public Task StopAsync()
    {
        lock (_stopLock)
        {
            return _stopTask ??= StopShardsAsync();
        }
    }

    /// <summary>The same as <see cref="StopAsync"/>.</summary>
    /// <returns>A task that ends when all threads have.</returns>
    public async ValueTask DisposeAsync()
    {
        if (!_isAbandoned)
        {
            await StopAsync().ConfigureAwait(false);
        }
    }

    /// <summary>Stops the shards, and abandons the host if that has not come to its end by the deadline. A process that ends takes the threads along.</summary>
    /// <returns>False if the host is abandoned.</returns>
    internal async Task<bool> TryStopAsync(CancellationToken deadline)
    {
        Task stop = StopAsync();
        await stop.WaitAsync(deadline).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _isAbandoned = !stop.IsCompleted;
        if (!_isAbandoned)
        {
            await stop.ConfigureAwait(false);
        }

        return !_isAbandoned;
    }

    /// <summary>Step by step, each on all shards before the next: as long as one still works, the others answer its calls.</summary>
    private async Task StopShardsAsync()
    {
        await Task.WhenAll(_shards.Select(shard => shard.QuiesceAsync())).ConfigureAwait(false);
        await Task.WhenAll(_shards.Select(shard => shard.EndCallsAsync())).ConfigureAwait(false);
        await Task.WhenAll(_shards.Select(shard => shard.EndAsync())).ConfigureAwait(false);
        StallWatcher?.Dispose();
        LiveHosts.Remove(this);
        Metrics.End();
        ReactorEventSource.Log.HostStopped(Number);
    }

    private void StartWatching()
    {
        if (Options.StallThreshold != Timeout.InfiniteTimeSpan)
        {
            StallWatcher = new StallWatcher(
                _shards,
                Shard.ToStopwatchTicks(Options.StallThreshold),
                new StallTeller(Options.StallDetected, Count));
        }
    }

    private void Count(Shard shard, Stall stall)
    {
        shard.Counters.Stalls++;
        Metrics.Record(shard, stall);
        ReactorEventSource.Log.Stall(Number, shard.Id, Stopwatch.GetElapsedTime(0, stall.Ticks).TotalMilliseconds, stall.Group.Name, stall.Cause.ToString(), CodeName.Of(stall.Code) ?? "");
    }

    /// <summary>A lane for every ordered pair of shards.</summary>
    private void ConnectShards()
    {
        var lanes = new ShardLane[_shards.Length, _shards.Length];
        foreach (Shard sender in _shards)
        {
            foreach (Shard receiver in _shards.Where(shard => shard != sender))
            {
                lanes[sender.Id, receiver.Id] = new ShardLane(sender, receiver);
            }
        }

        foreach (Shard shard in _shards)
        {
            shard.Connect(
                [.. _shards.Select(receiver => lanes[shard.Id, receiver.Id])],
                [.. _shards.Where(sender => sender != shard).Select(sender => lanes[sender.Id, shard.Id])]);
        }
    }
}
