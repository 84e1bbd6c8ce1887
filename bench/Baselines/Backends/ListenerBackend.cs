using Reactor.Shards;

namespace Reactor.Bench.Backends;

/// <summary>
/// The old design: a thread of the highest class waits in epoll and hands what is ready to the shard through a ring in user
/// memory; it also ends the shard's time slices. The shard looks at the ring without a system call and sleeps on a futex, but
/// each wait is an epoll_ctl, and on one CPU each batch of events takes the CPU away from it and gives it back.
/// </summary>
internal sealed unsafe class ListenerBackend : OneShotBackend
{
    private readonly ListenerThread _listener;

    private ListenerBackend(int? listenerCpu) => _listener = new ListenerThread(Set, listenerCpu);

    internal override bool HasEvents => !_listener.Events.IsEmpty;

    internal static SuppliedBackend Create(int? listenerCpu)
    {
        var backend = new ListenerBackend(listenerCpu);
        string where = listenerCpu is { } cpu ? $"on CPU {cpu}" : "on the shard's CPU";
        return new SuppliedBackend(backend, $"{backend._listener.Description} {where} that waits in epoll with one-shot interests", backend._listener.Flag);
    }

    internal override int Harvest()
    {
        int told = 0;
        while (_listener.Events.TryTake(out ulong identity, out int events))
        {
            told += Dispatch(identity, events);
        }

        return told;
    }

    /// <remarks>The shard's own wake-up is in the set as well: whoever wakes it does so through the listener.</remarks>
    internal override void Wait(TimeSpan? timeout)
    {
        if (_listener.Announce())
        {
            Count(default);
            _listener.StopSlices();
            if (_listener.Sleep(timeout))
            {
                Count(default);
            }

            Count(default);
            _listener.StartSlices();
        }

        Harvest();
    }

    public override void Dispose()
    {
        _listener.Dispose();
        base.Dispose();
    }
}
