using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Net;
using System.Net.Sockets;
using System.Runtime.CompilerServices;
using Tmds.Linux;

namespace Reactor.Kernel;

/// <summary>An IP address and port as the kernel writes them, small enough to live inside a connection; made into an <see cref="IPEndPoint"/> only when somebody asks.</summary>
internal struct NativeAddress
{
    /// <summary>Room for a sockaddr_in6, the larger of the two.</summary>
    internal const int Capacity = 28;

    private Storage _bytes;
    private byte _length;

    /// <summary>The number of bytes in use; 0 when the address is not known.</summary>
    internal int Length
    {
        readonly get => _length;
        set => _length = (byte)Math.Min(value, Capacity);
    }

    internal readonly bool IsKnown => _length > 0;

    internal readonly bool IsIPv6 => _length == Capacity;

    /// <summary>The port, which stands in the same place in IPv4 and IPv6; 0 when the address is not known.</summary>
    internal readonly int Port => BinaryPrimitives.ReadUInt16BigEndian(((ReadOnlySpan<byte>)_bytes)[sizeof(ushort)..]);

    internal readonly AddressFamily Family => !IsKnown ? AddressFamily.Unspecified : IsIPv6 ? AddressFamily.InterNetworkV6 : AddressFamily.InterNetwork;

    /// <summary>What an IPv6 address of one link needs to be told from the same address of another; 0 for all others.</summary>
    internal readonly uint ScopeId => IsIPv6 ? BitConverter.ToUInt32(((ReadOnlySpan<byte>)_bytes)[24..]) : 0;

    /// <summary>The bytes in use: a sockaddr_in or a sockaddr_in6.</summary>
    [UnscopedRef]
    internal readonly ReadOnlySpan<byte> Bytes => ((ReadOnlySpan<byte>)_bytes)[.._length];

    /// <summary>The address without its port: 4 bytes, 16 bytes, or none when it is not known.</summary>
    [UnscopedRef]
    internal readonly ReadOnlySpan<byte> Host => !IsKnown ? default : IsIPv6 ? ((ReadOnlySpan<byte>)_bytes).Slice(8, 16) : ((ReadOnlySpan<byte>)_bytes).Slice(4, 4);

    /// <summary>Whether it stands for every address of the machine.</summary>
    internal readonly bool IsAny => IsKnown && !Host.ContainsAnyExcept((byte)0);

    internal readonly bool IsMulticast => IsIPv6 ? Host[0] == 0xFF : IsKnown && Host[0] >> 4 == 0xE;

    internal static NativeAddress From(IPEndPoint endPoint)
    {
        System.Net.SocketAddress serialized = endPoint.Serialize();
        NativeAddress address = default;
        serialized.Buffer.Span[..serialized.Size].CopyTo(address._bytes);
        address.Length = serialized.Size;
        return address;
    }

    /// <param name="host">4 bytes or 16.</param>
    /// <param name="port">In the machine's own order.</param>
    /// <param name="scopeId">For IPv6 only.</param>
    internal static NativeAddress Create(ReadOnlySpan<byte> host, int port, uint scopeId = 0)
    {
        NativeAddress address = default;
        Span<byte> bytes = address._bytes;
        bool isIPv6 = host.Length == 16;
        BitConverter.TryWriteBytes(bytes, (ushort)(isIPv6 ? (int)LibC.AF_INET6 : (int)LibC.AF_INET));
        BinaryPrimitives.WriteUInt16BigEndian(bytes[sizeof(ushort)..], (ushort)port);
        host.CopyTo(bytes[(isIPv6 ? 8 : 4)..]);
        if (isIPv6)
        {
            BitConverter.TryWriteBytes(bytes[24..], scopeId);
        }

        address.Length = isIPv6 ? Capacity : 16;
        return address;
    }

    /// <summary>The same host with a port; one that is not known stays so.</summary>
    internal readonly NativeAddress WithPort(int port)
    {
        NativeAddress address = this;
        BinaryPrimitives.WriteUInt16BigEndian(address.AsSpan()[sizeof(ushort)..], (ushort)(IsKnown ? port : 0));
        return address;
    }

    /// <summary>An IPv4 address as an IPv6 socket takes it, <c>::ffff:1.2.3.4</c>; others as they are.</summary>
    internal readonly NativeAddress ToIPv6()
    {
        if (!IsKnown || IsIPv6)
        {
            return this;
        }

        Span<byte> host = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF, 0, 0, 0, 0];
        Host.CopyTo(host[12..]);
        return Create(host, Port);
    }

    /// <summary>The managed form, or null when the address is not known.</summary>
    internal readonly IPEndPoint? ToIPEndPoint() =>
        !IsKnown ? null : new IPEndPoint(IsIPv6 ? new IPAddress(Host, ScopeId) : new IPAddress(Host), Port);

    /// <summary>All bytes, for a system call to read or to fill.</summary>
    [UnscopedRef]
    internal Span<byte> AsSpan() => _bytes;

    [InlineArray(Capacity)]
    private struct Storage
    {
        private byte _first;
    }
}
