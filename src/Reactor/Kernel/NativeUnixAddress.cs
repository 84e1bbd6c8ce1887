using System.Diagnostics.CodeAnalysis;
using System.Net.Sockets;
using System.Runtime.CompilerServices;
using Tmds.Linux;

namespace Reactor.Kernel;

/// <summary>
/// The address of a Unix domain socket as the kernel writes it: a path, an abstract name, or none. Too large to live inside
/// a connection as a <see cref="NativeAddress"/> does: it stands on the stack, and once in a socket that takes datagrams.
/// </summary>
internal struct NativeUnixAddress
{
    /// <summary>Room for a sockaddr_un.</summary>
    internal const int Capacity = sizeof(ushort) + PathCapacity;

    /// <summary>What sun_path has room for: a path with its terminating zero, or an abstract name with its leading one.</summary>
    internal const int PathCapacity = 108;

    private const int PathOffset = sizeof(ushort);

    private static readonly UnixDomainSocketEndPoint s_any = new("/");

    private Bytes _bytes;
    private byte _length;

    /// <summary>The number of bytes in use.</summary>
    internal int Length
    {
        readonly get => _length;

        // A path that fills the room has its terminating zero counted, but not written.
        set => _length = (byte)Math.Min(value, Capacity);
    }

    /// <summary>No name: as an address to bind to, it asks the kernel for an abstract one.</summary>
    internal static NativeUnixAddress Unnamed
    {
        get
        {
            NativeUnixAddress address = default;
            address.Length = PathOffset;
            BitConverter.TryWriteBytes(address.AsSpan(), LibC.AF_UNIX);
            return address;
        }
    }

    internal readonly bool IsNamed => _length > PathOffset;

    /// <summary>Whether it names a file.</summary>
    internal readonly bool IsPath => IsNamed && _bytes[PathOffset] != 0;

    internal static NativeUnixAddress From(UnixDomainSocketEndPoint endPoint)
    {
        System.Net.SocketAddress serialized = endPoint.Serialize();
        NativeUnixAddress address = default;
        serialized.Buffer.Span[..serialized.Size].CopyTo(address._bytes);
        address.Length = serialized.Size;
        return address;
    }

    /// <summary>The managed form; null when there is no name.</summary>
    internal readonly UnixDomainSocketEndPoint? ToEndPoint()
    {
        if (!IsNamed)
        {
            return null;
        }

        var serialized = new System.Net.SocketAddress(AddressFamily.Unix, _length);
        ((ReadOnlySpan<byte>)_bytes)[.._length].CopyTo(serialized.Buffer.Span);
        return (UnixDomainSocketEndPoint)s_any.Create(serialized);
    }

    internal readonly bool Equals(in NativeUnixAddress other) =>
        ((ReadOnlySpan<byte>)_bytes)[.._length].SequenceEqual(((ReadOnlySpan<byte>)other._bytes)[..other._length]);

    /// <summary>All bytes, for a system call to read or to fill.</summary>
    [UnscopedRef]
    internal Span<byte> AsSpan() => _bytes;

    [InlineArray(Capacity)]
    private struct Bytes
    {
        private byte _first;
    }
}
