using System.Diagnostics.CodeAnalysis;
using System.Net;
using System.Net.Sockets;
using Reactor.Shards;

namespace Reactor.Net;

/// <summary>
/// Finds the addresses of a host. <see cref="Default"/> asks the system; who wants a cache, a fixed table or a DNS client
/// of their own derives from this class and overrides <see cref="LookUpAsync"/>.
/// </summary>
/// <remarks>
/// Whatever a look-up does and wherever it ends, who awaits <see cref="ResolveAsync"/> on a shard goes on there and in the
/// scheduling group of the call, with a synchronization context or without; and the await ends at once when its token fires
/// or the shard stops, although the look-up may go on.
/// </remarks>
public abstract class HostResolver
{
    /// <summary>
    /// The system's resolver (getaddrinfo: /etc/hosts, name servers and whatever else /etc/nsswitch.conf says), with its
    /// order of addresses, which is that of RFC 6724. Safe on every shard and thread.
    /// </summary>
    /// <remarks>
    /// A look-up blocks a thread until the system has an answer, with a dead name server for many seconds. So there are
    /// threads for nothing else, neither shards nor the thread pool's, at most 64 of them; what goes beyond waits for one.
    /// Equal look-ups that overlap are one. Nothing is cached here: the system may do that.
    /// </remarks>
    public static HostResolver Default { get; } = new SystemHostResolver();

    /// <summary>Finds the addresses of a host, off the shard. An IP address is its own answer, at once and without a look-up.</summary>
    /// <param name="host">A host's name, or an IP address; IPv6 with or without brackets and scope (<c>[fe80::1%eth0]</c>).</param>
    /// <param name="family">Which addresses are wanted; <see cref="AddressFamily.Unspecified"/> for IPv6 and IPv4.</param>
    /// <param name="cancellationToken">Ends the await at once.</param>
    /// <returns>At least one address, in the order in which they are to be tried. To be awaited once.</returns>
    /// <exception cref="ArgumentException">The host is empty or too long (over 255 characters), or the family is none of IP's.</exception>
    /// <exception cref="SocketException">
    /// There is no such host (<see cref="SocketError.HostNotFound"/>), it has no address of the family
    /// (<see cref="SocketError.NoData"/>), no name server answered (<see cref="SocketError.TryAgain"/>), or the system's
    /// resolver failed in another way.
    /// </exception>
    /// <exception cref="OperationCanceledException">The token fired.</exception>
    /// <exception cref="ObjectDisposedException">The shard of the caller stops.</exception>
    public ValueTask<IReadOnlyList<IPAddress>> ResolveAsync(string host, AddressFamily family = AddressFamily.Unspecified, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(host);
        if (family is not (AddressFamily.Unspecified or AddressFamily.InterNetwork or AddressFamily.InterNetworkV6))
        {
            throw new ArgumentException($"The address family is {family}; hosts have IPv4 and IPv6 addresses. Leave it {AddressFamily.Unspecified} for both.", nameof(family));
        }

        if (cancellationToken.IsCancellationRequested)
        {
            return ValueTask.FromCanceled<IReadOnlyList<IPAddress>>(cancellationToken);
        }

        if (TryParseAddress(host, out IPAddress? literal))
        {
            return family == AddressFamily.Unspecified || family == literal.AddressFamily
                ? new ValueTask<IReadOnlyList<IPAddress>>([literal])
                : ValueTask.FromException<IReadOnlyList<IPAddress>>(ResolveErrors.NoAddress(host, family));
        }

        ValueTask<IReadOnlyList<IPAddress>> lookup = LookUpSomeAsync(host, family, cancellationToken);
        if (lookup.IsCompleted)
        {
            return lookup;
        }

        return Shard.Current is { } shard
            ? HomeCall<IReadOnlyList<IPAddress>>.Start(shard, lookup, cancellationToken)
            : LeaveThreadAsync(lookup, cancellationToken);
    }

    /// <summary>Looks a host up. Called where <see cref="ResolveAsync"/> is, and must not block; it may go on and end on any thread.</summary>
    /// <param name="host">A name; never an IP address.</param>
    /// <param name="family">Which addresses are wanted; <see cref="AddressFamily.Unspecified"/> for IPv6 and IPv4.</param>
    /// <param name="cancellationToken">Fires when nobody waits for the answer any more. It need not be heeded.</param>
    /// <returns>The addresses in the order in which they are to be tried. Not to be changed afterwards.</returns>
    protected abstract ValueTask<IReadOnlyList<IPAddress>> LookUpAsync(string host, AddressFamily family, CancellationToken cancellationToken);

    /// <remarks>An async method, so that what a derived class throws comes out of the await.</remarks>
    private async ValueTask<IReadOnlyList<IPAddress>> LookUpSomeAsync(string host, AddressFamily family, CancellationToken cancellationToken)
    {
        IReadOnlyList<IPAddress> addresses = await LookUpAsync(host, family, cancellationToken);
        return addresses.Count > 0 ? addresses : throw ResolveErrors.NoAddress(host, family);
    }

    /// <summary>For callers that are no shard: their code is not to run on the thread that found the answer.</summary>
    private static async ValueTask<IReadOnlyList<IPAddress>> LeaveThreadAsync(ValueTask<IReadOnlyList<IPAddress>> lookup, CancellationToken cancellationToken)
    {
        Task<IReadOnlyList<IPAddress>> answer = lookup.AsTask();
        try
        {
            return await answer.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            // When the token has ended the wait, a failure that comes later has nobody to observe it.
            _ = answer.ContinueWith(static late => late.Exception, CancellationToken.None, TaskContinuationOptions.OnlyOnFaulted | TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
            await Task.Yield();
        }
    }

    /// <remarks>.NET would read the address of <c>[::1]:80</c> and forget the port.</remarks>
    private static bool TryParseAddress(string host, [NotNullWhen(true)] out IPAddress? address)
    {
        address = null;
        return host.StartsWith('[') == host.EndsWith(']') && IPAddress.TryParse(host, out address);
    }
}
