using Tmds.Linux;

namespace Reactor.Kernel;

/// <summary>
/// Room for several datagrams with their addresses, and the headers by which recvmmsg and sendmmsg find it, written once:
/// pinned memory that the garbage collector takes back. Each entry has a buffer, the peer's address, and a control message
/// for the local one.
/// </summary>
internal sealed unsafe class DatagramVector
{
    private readonly mmsghdr[] _headers;
    private readonly iovec[] _vectors;
    private readonly byte[] _names;
    private readonly byte[] _controls;
    private readonly byte[] _bytes;
    private readonly int _datagramSize;

    // Entries from here on are as a receive wants them.
    private int _used;

    internal DatagramVector(int capacity, int datagramSize)
    {
        _datagramSize = datagramSize;
        _headers = GC.AllocateArray<mmsghdr>(capacity, pinned: true);
        _vectors = GC.AllocateArray<iovec>(capacity, pinned: true);
        _names = GC.AllocateArray<byte>(capacity * NativeAddress.Capacity, pinned: true);
        _controls = GC.AllocateArray<byte>(capacity * PacketInfo.Space, pinned: true);
        _bytes = GC.AllocateArray<byte>(capacity * datagramSize, pinned: true);
        fixed (byte* names = _names, controls = _controls, bytes = _bytes)
        {
            fixed (iovec* vectors = _vectors)
            {
                for (int i = 0; i < capacity; i++)
                {
                    vectors[i].iov_base = bytes + (i * (long)datagramSize);
                    msghdr* header = Header(i);
                    header->msg_name = names + (i * NativeAddress.Capacity);
                    header->msg_control = controls + (i * PacketInfo.Space);
                    header->msg_iov = vectors + i;
                    header->msg_iovlen = 1;
                }
            }
        }

        _used = capacity;
    }

    internal int Capacity => _headers.Length;

    /// <summary>The room of one datagram, from its first byte.</summary>
    internal Memory<byte> Buffer(int index) => _bytes.AsMemory(index * _datagramSize, _datagramSize);

    /// <summary>The bytes of a datagram that are in its buffer, or are to be sent.</summary>
    internal int Length(int index) => (int)_vectors[index].iov_len;

    internal void SetLength(int index, int length) => _vectors[index].iov_len = length;

    /// <summary>The length that a datagram had when it was received.</summary>
    internal int ReceivedLength(int index) => (int)_headers[index].msg_len;

    internal NativeAddress Peer(int index)
    {
        NativeAddress address = default;
        address.Length = (int)Header(index)->msg_namelen;
        _names.AsSpan(index * NativeAddress.Capacity, address.Length).CopyTo(address.AsSpan());
        return address;
    }

    internal void SetPeer(int index, in NativeAddress address)
    {
        address.Bytes.CopyTo(_names.AsSpan(index * NativeAddress.Capacity));
        Header(index)->msg_namelen = address.Length;
    }

    internal PacketInfo Info(int index) => PacketInfo.Read(Header(index));

    /// <summary>The address to send from.</summary>
    internal void SetLocal(int index, in NativeAddress address)
    {
        msghdr* header = Header(index);
        header->msg_controllen = PacketInfo.Write((byte*)header->msg_control, address);
    }

    /// <summary>Makes an entry ready to be filled by hand: no bytes, no addresses.</summary>
    internal void Clear(int index)
    {
        msghdr* header = Header(index);
        header->msg_namelen = 0;
        header->msg_controllen = 0;
        _vectors[index].iov_len = 0;
        _headers[index].msg_len = 0;
        _used = Math.Max(_used, index + 1);
    }

    /// <summary>Makes the entries ready that have been used since the last receive, and takes what is there. The value is the number of datagrams.</summary>
    internal SysResult Receive(int fd)
    {
        for (int i = 0; i < _used; i++)
        {
            msghdr* header = Header(i);
            header->msg_namelen = NativeAddress.Capacity;
            header->msg_controllen = PacketInfo.Space;
            _vectors[i].iov_len = _datagramSize;
        }

        SysResult result;
        fixed (mmsghdr* headers = _headers)
        {
            result = DatagramSockets.Receive(fd, headers, _headers.Length);
        }

        _used = Math.Max(result.Value, 0);
        for (int i = 0; i < _used; i++)
        {
            _vectors[i].iov_len = Math.Min(ReceivedLength(i), _datagramSize);
        }

        return result;
    }

    /// <summary>Brings what a receive or a caller has left in an entry into the form in which it is sent on a socket of this family.</summary>
    internal void PrepareSend(int index, bool isIPv6)
    {
        NativeAddress local = Info(index).Local;
        SetLocal(index, isIPv6 ? local.ToIPv6() : local);
        if (isIPv6)
        {
            SetPeer(index, Peer(index).ToIPv6());
        }
    }

    /// <summary>Sends entries in their order. The value is how many have gone.</summary>
    internal SysResult Send(int fd, int first, int count)
    {
        fixed (mmsghdr* headers = _headers)
        {
            SysResult result = DatagramSockets.Send(fd, headers + first, count);

            // What the headers point to goes with this object.
            GC.KeepAlive(this);
            return result;
        }
    }

    private msghdr* Header(int index)
    {
        // Pinned for good. The header that both calls share is the first field.
        fixed (mmsghdr* header = &_headers[index])
        {
            return (msghdr*)header;
        }
    }
}
