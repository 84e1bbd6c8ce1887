using System.Net;
using System.Net.Sockets;

namespace Reactor.Net;

/// <summary>The order in which the addresses of a host are tried.</summary>
internal static class AddressOrder
{
    /// <summary>
    /// Takes one address of each family in turn (RFC 8305, section 4), so that a family which leads nowhere costs one
    /// delay and not one for each of its addresses. Within a family the resolver's order stays.
    /// </summary>
    /// <param name="addresses">In the resolver's order, which is that of RFC 6724.</param>
    /// <param name="port">The port of all of them.</param>
    /// <param name="preferred">The family to begin with; <see cref="AddressFamily.Unspecified"/> for that of the first address.</param>
    internal static IPEndPoint[] Interleave(IReadOnlyList<IPAddress> addresses, int port, AddressFamily preferred)
    {
        AddressFamily first = preferred == AddressFamily.Unspecified ? addresses[0].AddressFamily : preferred;
        var next = new Queue<IPAddress>(addresses.Where(address => address.AddressFamily == first));
        var other = new Queue<IPAddress>(addresses.Where(address => address.AddressFamily != first));
        var order = new IPEndPoint[addresses.Count];
        for (int i = 0; i < order.Length; i++)
        {
            order[i] = new IPEndPoint((next.Count > 0 ? next : other).Dequeue(), port);
            (next, other) = (other, next);
        }

        return order;
    }
}
