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

    private Bytes _bytes;
    private byte _length;

    /// <summary>The number of bytes in use; 0 when the address is not known.</summary>
    internal int Length
    {
        readonly get => _length;
        set => _length = (byte)Math.Min(value, Capacity);
    }

    internal readonly bool IsKnown => _length > 0;

    /// <summary>The port, which stands in the same place in IPv4 and IPv6; 0 when the address is not known.</summary>
    internal readonly int Port => BinaryPrimitives.ReadUInt16BigEndian(((ReadOnlySpan<byte>)_bytes)[sizeof(ushort)..]);

    internal readonly AddressFamily Family => IsKnown ? (AddressFamily)ToSocketAddress().Family : AddressFamily.Unspecified;

    internal static NativeAddress From(IPEndPoint endPoint)
    {
        System.Net.SocketAddress serialized = endPoint.Serialize();
        NativeAddress address = default;
        serialized.Buffer.Span[..serialized.Size].CopyTo(address._bytes);
        address.Length = serialized.Size;
        return address;
    }

    /// <summary>The managed form, or null when the address is not known.</summary>
    internal readonly IPEndPoint? ToIPEndPoint()
    {
        if (!IsKnown)
        {
            return null;
        }

        System.Net.SocketAddress serialized = ToSocketAddress();
        var any = new IPEndPoint(serialized.Family == AddressFamily.InterNetworkV6 ? IPAddress.IPv6Any : IPAddress.Any, 0);
        return (IPEndPoint)any.Create(serialized);
    }

    /// <summary>The bytes, for a system call to read or to fill.</summary>
    [UnscopedRef]
    internal Span<byte> AsSpan() => _bytes;

    private readonly System.Net.SocketAddress ToSocketAddress()
    {
        ReadOnlySpan<byte> bytes = ((ReadOnlySpan<byte>)_bytes)[.._length];
        int family = BitConverter.ToUInt16(bytes);
        var serialized = new System.Net.SocketAddress(
            family == LibC.AF_INET6 ? AddressFamily.InterNetworkV6 : AddressFamily.InterNetwork, bytes.Length);
        bytes.CopyTo(serialized.Buffer.Span);
        return serialized;
    }

    [InlineArray(Capacity)]
    private struct Bytes
    {
        private byte _first;
    }
}
