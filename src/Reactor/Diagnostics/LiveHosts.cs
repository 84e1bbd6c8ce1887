namespace Reactor.Diagnostics;

/// <summary>
/// The hosts of the process that run, for the event source, of which there is one for all. Locked, because nobody comes
/// here but a host that starts or stops and an observer.
/// </summary>
internal static class LiveHosts
{
    private static readonly Lock s_lock = new();
    private static readonly List<ReactorHost> s_hosts = [];

    // Of those that have stopped, so that no sum ever steps back.
    private static HostTotals s_past;

    /// <summary>Sums over all shards of all hosts.</summary>
    internal static HostTotals Totals
    {
        get
        {
            lock (s_lock)
            {
                HostTotals sum = s_past;
                foreach (ReactorHost host in s_hosts)
                {
                    sum = sum.Plus(host);
                }

                return sum;
            }
        }
    }

    internal static void Add(ReactorHost host)
    {
        lock (s_lock)
        {
            s_hosts.Add(host);
        }
    }

    /// <summary>Its shards have ended, and count no more.</summary>
    internal static void Remove(ReactorHost host)
    {
        lock (s_lock)
        {
            s_hosts.Remove(host);
            s_past = s_past.Plus(host).Past;
        }
    }
}
