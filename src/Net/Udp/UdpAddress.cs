using System.Net;
using System.Net.Sockets;
using Reactor.Kernel;

namespace Reactor.Net;

/// <summary>
/// An IP address and port, as the kernel writes them: a value that costs no allocation, compares and hashes by its content,
/// and so can be the key of a table of peers. The default is an address that is not known.
/// </summary>
/// <remarks>
/// An IPv4 address and the same address in its IPv6 form (<c>::ffff:1.2.3.4</c>), which is how a dual-mode socket tells it,
/// are not equal. Both may be sent to from a dual-mode socket.
/// </remarks>
public readonly struct UdpAddress : IEquatable<UdpAddress>
{
    internal UdpAddress(NativeAddress address) => Native = address;

    /// <summary>Takes over address, port, and for IPv6 the scope.</summary>
    public UdpAddress(IPEndPoint endPoint)
    {
        ArgumentNullException.ThrowIfNull(endPoint);
        Native = NativeAddress.From(endPoint);
    }

    /// <summary>Whether there is an address at all.</summary>
    public bool IsKnown => Native.IsKnown;

    /// <summary>IPv4 or IPv6; unspecified when the address is not known.</summary>
    public AddressFamily Family => Native.Family;

    /// <summary>The port; 0 when the address is not known.</summary>
    public int Port => Native.Port;

    /// <summary>The address without the port as its 4 or 16 bytes, in the order of the network; none when it is not known.</summary>
    /// <param name="destination">Room for 16 bytes.</param>
    /// <returns>The number of bytes written.</returns>
    public int CopyHost(Span<byte> destination)
    {
        Native.Host.CopyTo(destination);
        return Native.Host.Length;
    }

    internal NativeAddress Native { get; }

    /// <summary>The same as an object of .NET's, which is allocated; null when the address is not known.</summary>
    public IPEndPoint? ToIPEndPoint() => Native.ToIPEndPoint();

    /// <summary>The same as <see cref="UdpAddress(IPEndPoint)"/>.</summary>
    public static implicit operator UdpAddress(IPEndPoint endPoint) => new(endPoint);

    /// <summary>Whether address, port and scope are the same.</summary>
    public bool Equals(UdpAddress other)
    {
        NativeAddress one = Native;
        NativeAddress two = other.Native;
        return one.Bytes.SequenceEqual(two.Bytes);
    }

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is UdpAddress other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode()
    {
        NativeAddress address = Native;
        HashCode hash = default;
        hash.AddBytes(address.Bytes);
        return hash.ToHashCode();
    }

    /// <summary>Address and port, as in <c>127.0.0.1:53</c>.</summary>
    public override string ToString() => ToIPEndPoint()?.ToString() ?? "unknown";

    /// <inheritdoc cref="Equals(UdpAddress)"/>
    public static bool operator ==(UdpAddress left, UdpAddress right) => left.Equals(right);

    /// <summary>Whether address, port or scope differ.</summary>
    public static bool operator !=(UdpAddress left, UdpAddress right) => !left.Equals(right);
}
