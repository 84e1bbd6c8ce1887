using Reactor.Kernel;

namespace Reactor.Net;

/// <summary>What is known of a datagram that was received.</summary>
public readonly struct UdpReceived
{
    private readonly NativeAddress _from;
    private readonly NativeAddress _local;
    private readonly NativeAddress _to;

    internal UdpReceived(int length, int datagramLength, in NativeAddress from, in NativeAddress local, in NativeAddress to, int interfaceIndex)
    {
        Length = length;
        DatagramLength = datagramLength;
        _from = from;
        _local = local;
        _to = to;
        InterfaceIndex = interfaceIndex;
    }

    /// <summary>The number of bytes that are in the buffer; 0 for a datagram without content, which is a datagram like any other.</summary>
    public int Length { get; }

    /// <summary>The number of bytes that the datagram had.</summary>
    public int DatagramLength { get; }

    /// <summary>Whether the buffer was too small: what did not fit is lost.</summary>
    public bool IsTruncated => DatagramLength > Length;

    /// <summary>Who sent it.</summary>
    public UdpAddress From => new(_from);

    /// <summary>
    /// The address of this machine that it was sent to, with the socket's port: the one to answer from. For a datagram to a
    /// group or a broadcast, the address that the interface answers from; not known for a group of IPv6, where the kernel
    /// chooses.
    /// </summary>
    public UdpAddress Local => new(_local);

    /// <summary>The address that it was sent to, which is that of a group, or a broadcast, if <see cref="Local"/> is another.</summary>
    public UdpAddress To => new(_to);

    /// <summary>The number of the interface that it came in on; 0 when the socket is bound to one address, where the kernel is not asked.</summary>
    public int InterfaceIndex { get; }
}
