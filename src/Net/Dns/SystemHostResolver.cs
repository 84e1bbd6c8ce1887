using System.Net;
using System.Net.Sockets;

namespace Reactor.Net;

/// <summary>
/// Asks the system's resolver, which blocks, on threads of its own. .NET's asynchronous look-ups are the same blocking call
/// on the thread pool, one after the other for each name: a few dead names would hold up everything that needs the pool.
/// </summary>
/// <remarks>
/// Shared by all shards. Threads are made as they are needed, and end when there has been nothing to do for a while: to
/// start one costs the shard more than to wake one.
/// </remarks>
internal sealed class SystemHostResolver : HostResolver
{
    /// <summary>Most threads. As many dead names at a time hold up the others; each costs a stack that is hardly touched.</summary>
    private const int DefaultMaxThreads = 64;

    private static readonly TimeSpan s_defaultIdleTime = TimeSpan.FromSeconds(10);

    private readonly Func<string, AddressFamily, IPAddress[]> _ask;
    private readonly int _maxThreads;
    private readonly TimeSpan _idleTime;

    // Guards all that follows; idle threads wait on it.
    private readonly object _gate = new();
    private readonly Dictionary<(string Host, AddressFamily Family), Lookup> _lookups = [];
    private readonly LinkedList<Lookup> _waiting = new();
    private int _threads;
    private int _idleThreads;

    internal SystemHostResolver()
        : this(System.Net.Dns.GetHostAddresses, DefaultMaxThreads, s_defaultIdleTime)
    {
    }

    /// <param name="ask">Finds the addresses, and blocks meanwhile.</param>
    /// <param name="maxThreads">How many look-ups may be under way.</param>
    /// <param name="idleTime">After which a thread ends that has nothing to do.</param>
    internal SystemHostResolver(Func<string, AddressFamily, IPAddress[]> ask, int maxThreads, TimeSpan idleTime)
    {
        _ask = ask;
        _maxThreads = maxThreads;
        _idleTime = idleTime;
    }

    /// <summary>The threads that there are now, for tests, as are the next two.</summary>
    internal int Threads => Volatile.Read(ref _threads);

    /// <summary>Those of them that have nothing to do now.</summary>
    internal int IdleThreads => Volatile.Read(ref _idleThreads);

    /// <summary>The look-ups that wait for a thread now.</summary>
    internal int Waiting
    {
        get
        {
            lock (_gate)
            {
                return _waiting.Count;
            }
        }
    }

    protected override async ValueTask<IReadOnlyList<IPAddress>> LookUpAsync(string host, AddressFamily family, CancellationToken cancellationToken)
    {
        Lookup lookup = Join(host, family);
        using CancellationTokenRegistration leaving = cancellationToken.UnsafeRegister(
            static caller =>
            {
                (SystemHostResolver resolver, Lookup left) = ((SystemHostResolver, Lookup))caller!;
                resolver.Leave(left);
            },
            (this, lookup));
        try
        {
            return await lookup.Answer;
        }
        catch (SocketException exception)
        {
            throw ResolveErrors.From(host, family, exception.SocketErrorCode);
        }
    }

    /// <summary>Takes part in the same look-up if one is under way, or has a thread begin it.</summary>
    private Lookup Join(string host, AddressFamily family)
    {
        // Names are equal whatever their case (RFC 4343).
        (string, AddressFamily) key = (host.ToUpperInvariant(), family);
        Lookup? lookup;
        lock (_gate)
        {
            if (_lookups.TryGetValue(key, out lookup))
            {
                lookup.Callers++;
                return lookup;
            }

            lookup = new Lookup(host, key);
            _lookups.Add(key, lookup);
            _waiting.AddLast(lookup.Place);

            // An idle thread that was woken and has not come yet is still counted, and so is the look-up that it will take.
            if (_waiting.Count <= _idleThreads)
            {
                Monitor.Pulse(_gate);
                return lookup;
            }

            if (_threads == _maxThreads)
            {
                return lookup;
            }

            _threads++;
        }

        StartThread(lookup);
        return lookup;
    }

    private void StartThread(Lookup lookup)
    {
        try
        {
            new Thread(Work) { IsBackground = true, Name = "reactor/resolver" }.UnsafeStart();
        }
        catch (Exception exception)
        {
            lock (_gate)
            {
                _threads--;
                if (!Withdraw(lookup))
                {
                    // Another thread has taken it.
                    return;
                }
            }

            lookup.Fail(exception);
        }
    }

    /// <summary>A caller does not wait any more. When nobody does, what has not begun need not.</summary>
    private void Leave(Lookup lookup)
    {
        lock (_gate)
        {
            if (--lookup.Callers == 0)
            {
                Withdraw(lookup);
            }
        }
    }

    /// <summary>False if the look-up has begun.</summary>
    private bool Withdraw(Lookup lookup)
    {
        if (lookup.Place.List is null)
        {
            return false;
        }

        _waiting.Remove(lookup.Place);
        _lookups.Remove(lookup.Key);
        return true;
    }

    private void Work()
    {
        while (TakeNext() is { } lookup)
        {
            IPAddress[]? addresses = null;
            Exception? error = null;
            try
            {
                addresses = _ask(lookup.Host, lookup.Key.Family);
            }
            catch (Exception exception)
            {
                error = exception;
            }

            lock (_gate)
            {
                _lookups.Remove(lookup.Key);
            }

            if (addresses is not null)
            {
                lookup.Complete(addresses);
            }
            else
            {
                lookup.Fail(error!);
            }
        }
    }

    /// <summary>Null when there has been nothing to do for too long.</summary>
    private Lookup? TakeNext()
    {
        lock (_gate)
        {
            while (_waiting.Count == 0)
            {
                _idleThreads++;
                bool isWoken = Monitor.Wait(_gate, _idleTime);
                _idleThreads--;
                if (!isWoken && _waiting.Count == 0)
                {
                    _threads--;
                    return null;
                }
            }

            Lookup lookup = _waiting.First!.Value;
            _waiting.RemoveFirst();
            return lookup;
        }
    }

    /// <summary>A name that is being looked up, for all who ask for it meanwhile.</summary>
    private sealed class Lookup
    {
        // Whoever waits on a shard is sent a message from the thread that completes it; so no look-up needs the thread pool.
        private readonly TaskCompletionSource<IReadOnlyList<IPAddress>> _answer = new();

        internal Lookup(string host, (string Host, AddressFamily Family) key)
        {
            Host = host;
            Key = key;
            Place = new LinkedListNode<Lookup>(this);
        }

        internal string Host { get; }

        internal (string Host, AddressFamily Family) Key { get; }

        /// <summary>Its place among those that wait for a thread; in no list once it has begun.</summary>
        internal LinkedListNode<Lookup> Place { get; }

        /// <summary>Those who wait for it. Guarded by the gate.</summary>
        internal int Callers { get; set; } = 1;

        internal Task<IReadOnlyList<IPAddress>> Answer => _answer.Task;

        internal void Complete(IPAddress[] addresses) => _answer.SetResult(addresses);

        internal void Fail(Exception error) => _answer.SetException(error);
    }
}
