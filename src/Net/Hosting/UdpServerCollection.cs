using System.Collections;
using System.Diagnostics.CodeAnalysis;

namespace Reactor.Net;

/// <summary>The UDP servers of an application, by their names: a singleton among its services.</summary>
public sealed class UdpServerCollection : IReadOnlyCollection<HostedUdpServer>
{
    private readonly HostedUdpServer[] _servers;

    internal UdpServerCollection(IEnumerable<HostedUdpServer> servers) => _servers = [.. servers];

    /// <summary>How many there are.</summary>
    public int Count => _servers.Length;

    /// <summary>The server of a name.</summary>
    /// <param name="name">As it was added; case does not matter.</param>
    /// <exception cref="KeyNotFoundException">There is none.</exception>
    public HostedUdpServer this[string name] => TryGet(name, out HostedUdpServer? server)
        ? server
        : throw new KeyNotFoundException($"There is no UDP server '{name}': known are {string.Join(", ", _servers.Select(server => server.Name))}.");

    /// <summary>Looks for the server of a name.</summary>
    /// <param name="name">As it was added; case does not matter.</param>
    /// <param name="server">The server, if there is one.</param>
    public bool TryGet(string name, [NotNullWhen(true)] out HostedUdpServer? server)
    {
        ArgumentNullException.ThrowIfNull(name);
        server = Array.Find(_servers, server => server.Name.Equals(name, StringComparison.OrdinalIgnoreCase));
        return server is not null;
    }

    /// <summary>In the order in which they were added.</summary>
    public IEnumerator<HostedUdpServer> GetEnumerator() => _servers.AsEnumerable().GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}
