using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using Reactor.Shards;

namespace Reactor;

/// <summary>
/// A service that has one instance on every shard of a host. Code on a shard uses the instance of its own, without a lock;
/// the others are reached by calls.
/// </summary>
/// <typeparam name="T">The type of the instances. Where it is <see cref="IAsyncDisposable"/> or else <see cref="IDisposable"/>, each instance is disposed on its own shard.</typeparam>
[SuppressMessage("Design", "CA1000", Justification = "Sharded<Service>.StartAsync says what is started.")]
public sealed partial class Sharded<T> : IAsyncDisposable
    where T : class
{
    private readonly ReactorHost _host;

    // By the id of the shard; null before its start and after its disposal.
    private readonly T?[] _instances;
    private TaskCompletionSource? _disposal;
    private volatile bool _isStarted;

    /// <summary>A service without instances, until <see cref="StartInstancesAsync"/>: it can be handed out before it is started.</summary>
    internal Sharded(ReactorHost host)
    {
        _host = host;
        _instances = new T?[host.Shards.Count];
    }

    /// <summary>The instance of the current shard.</summary>
    /// <exception cref="InvalidOperationException">The calling thread is no shard of this host.</exception>
    /// <exception cref="ObjectDisposedException">The instance has been disposed.</exception>
    /// <remarks>Hot path: an index into an array.</remarks>
    public T Local
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get
        {
            if (Shard.Current is { } shard && shard.Host == _host && _instances[shard.Id] is { } instance)
            {
                return instance;
            }

            ThrowNoInstance();
            return null;
        }
    }

    /// <summary>Makes an instance on every shard, on all at the same time. From any thread.</summary>
    /// <param name="host">Whose shards.</param>
    /// <param name="factory">Makes the instance of the shard that it is given, and runs there.</param>
    /// <returns>
    /// The service, when all instances are there. If a factory fails, the instances that have been made are disposed on
    /// their own shards first; then awaiting throws the failure of one shard, the first by its number, and
    /// <see cref="Task.Exception"/> has those of all, followed by what the disposals threw.
    /// </returns>
    /// <exception cref="InvalidOperationException">A factory returned null.</exception>
    /// <exception cref="ObjectDisposedException">The host stops or has stopped.</exception>
    public static Task<Sharded<T>> StartAsync(ReactorHost host, Func<Shard, T> factory)
    {
        ArgumentNullException.ThrowIfNull(factory);
        return StartAsync(host, shard => new ValueTask<T>(factory(shard)));
    }

    /// <inheritdoc cref="StartAsync(ReactorHost, Func{Shard, T})"/>
    [OverloadResolutionPriority(1)]
    public static Task<Sharded<T>> StartAsync(ReactorHost host, Func<Shard, ValueTask<T>> factory)
    {
        ArgumentNullException.ThrowIfNull(host);
        ArgumentNullException.ThrowIfNull(factory);
        return HomeTask.From(new Sharded<T>(host).StartAllAsync(factory).Task);
    }

    /// <inheritdoc cref="StartAsync(ReactorHost, Func{Shard, T})"/>
    public static Task<Sharded<T>> StartAsync(ReactorHost host, Func<Shard, Task<T>> factory)
    {
        ArgumentNullException.ThrowIfNull(factory);
        return StartAsync(host, shard => new ValueTask<T>(factory(shard)));
    }

    /// <summary>
    /// Disposes every instance on its own shard, on all at the same time, and waits for all of them even if some fail. From
    /// any thread. Calls that still run on an instance are not waited for. When the host has stopped, the instances are
    /// disposed on the thread pool, because they have no shard any more.
    /// </summary>
    /// <returns>Fails with the exception of one instance, the first by the number of its shard; as a task it has those of all. A second call waits for the first and ends like it.</returns>
    /// <exception cref="ObjectDisposedException">A shard has stopped while the disposal of its instance ran.</exception>
    public ValueTask DisposeAsync()
    {
        if (_host.IsAbandoned)
        {
            // A shard that is blocked for good would be waited for without end.
            return ValueTask.CompletedTask;
        }

        var own = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        TaskCompletionSource disposal = Interlocked.CompareExchange(ref _disposal, own, null) ?? own;
        if (disposal == own)
        {
            _ = DisposeAllAsync(own);
        }

        return new ValueTask(HomeTask.From(disposal.Task));
    }

    /// <summary>Makes the instances, as <see cref="StartAsync(ReactorHost, Func{Shard, ValueTask{T}})"/> does. Once.</summary>
    internal Task StartInstancesAsync(Func<Shard, ValueTask<T>> factory) => StartAllAsync(factory).Task;

    /// <summary>What messages call the service.</summary>
    public override string ToString() => $"Sharded<{typeof(T).Name}>";

    private TaskCompletionSource<Sharded<T>> StartAllAsync(Func<Shard, ValueTask<T>> factory)
    {
        _isStarted = true;

        // Ends in one place for callers on many: nobody's continuation runs inside.
        var started = new TaskCompletionSource<Sharded<T>>(TaskCreationOptions.RunContinuationsAsynchronously);
        _ = Start();
        return started;

        async Task Start()
        {
            Task<Sharded<T>> all = _host.MapReduce(
                shard => shard.InvokeAsync(static call => call.service.StartHereAsync(call.shard, call.factory), (service: this, shard, factory)),
                _ => this);
            await ((Task)all).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (all.IsCompletedSuccessfully && !_host.IsStopping)
            {
                started.SetResult(this);
                return;
            }

            Task disposal = DisposeAsync().AsTask();
            await disposal.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (all.IsCanceled && disposal.IsCompletedSuccessfully)
            {
                started.SetFromTask(all);
                return;
            }

            IEnumerable<Exception> failures = all switch
            {
                { IsFaulted: true } => all.Exception.InnerExceptions,
                { IsCanceled: true } => [new TaskCanceledException(all)],
                _ => [new ObjectDisposedException(ToString(), $"{this} was not started, because its host stops.")],
            };
            started.SetException(failures.Concat(disposal.Exception?.InnerExceptions ?? []));
        }
    }

    /// <summary>On the shard.</summary>
    private async ValueTask<bool> StartHereAsync(Shard shard, Func<Shard, ValueTask<T>> factory)
    {
        shard.ThrowIfStopping();
        SchedulingGroup group = SchedulingGroup.Current;
        T instance = await factory(shard) ?? throw new InvalidOperationException($"The factory of {this} returned null on {shard}; return an instance, or throw.");

        // A full fence: either this sees the disposal, or the disposal sees the instance.
        Interlocked.Exchange(ref _instances[shard.Id], instance);
        if (Volatile.Read(ref _disposal) is not null)
        {
            // The stop of the host has given the start up while the factory ran. Nobody waits for this any more.
            await new ReturnToShard(shard, group);
            try
            {
                await HomeDisposal.DisposeAsync(Take(shard.Id));
            }
            catch (Exception exception)
            {
                shard.ReportUnhandled(exception);
            }
        }

        return true;
    }

    private async Task DisposeAllAsync(TaskCompletionSource disposal)
    {
        Task all = _host.CallAll(shard => new ValueTask(
            HomeDisposal.DisposeAsync(shard, static place => place.service.Take(place.shard.Id), (service: this, shard))));
        await all.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        disposal.SetFromTask(all);
    }

    private T? Take(int shard) => Interlocked.Exchange(ref _instances[shard], null);

    [DoesNotReturn]
    private void ThrowNoInstance()
    {
        if (!_isStarted)
        {
            throw new InvalidOperationException($"{this} has no instances yet: they are made when the application's host starts, before its servers do. Use it from then on.");
        }

        if (Shard.Current is not { } shard)
        {
            throw new InvalidOperationException($"{this} has its instances on shards, and this thread is none. From here, call one: InvokeOnAsync(shard, instance => …).");
        }

        if (shard.Host != _host)
        {
            throw new InvalidOperationException($"{this} has no instance on {shard}, which belongs to another host. Call one of its own: InvokeOnAsync(shard, instance => …).");
        }

        throw new ObjectDisposedException(ToString(), $"{this} has been disposed on {shard}.");
    }
}
