using System.Net.Sockets;
using Reactor.Kernel;
using Tmds.Linux;

namespace Reactor.Net;

/// <summary>
/// Room for several datagrams, with an address for each, that is received into and sent from by one system call, over and
/// over: what the kernel needs is laid out once, and a batch costs no allocation. A batch that was received can be sent as
/// it is, each datagram back to where it came from, from where it was sent to.
/// </summary>
/// <remarks>
/// It belongs to nobody: any socket on any shard may use it, one at a time. Its memory is pinned and goes with the garbage
/// collector; a batch is worth keeping.
/// </remarks>
public sealed class UdpBatch
{
    /// <summary>What the kernel takes in one call.</summary>
    private const int MostDatagrams = 1_024;

    /// <summary>More than an IP packet carries.</summary>
    private const int LargestDatagram = 65_535;

    private readonly DatagramVector _vector;

    // For a send: why a datagram was refused, or 0, or EAGAIN as long as it has not been tried.
    private readonly int[] _errors;
    private bool _isHeld;

    // Of the last receive: the address that its socket has, if all datagrams come in on that one, or else only its port.
    private NativeAddress _fixedLocal;
    private int _localPort;

    // Of the send under way: the next to go.
    private int _next;

    /// <summary>Makes room.</summary>
    /// <param name="capacity">How many datagrams it takes, from 1 to 1,024.</param>
    /// <param name="datagramSize">How many bytes each may have, from 1 to 65,535.</param>
    /// <exception cref="ArgumentOutOfRangeException">More or less than that.</exception>
    public UdpBatch(int capacity, int datagramSize)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(capacity, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(capacity, MostDatagrams);
        ArgumentOutOfRangeException.ThrowIfLessThan(datagramSize, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(datagramSize, LargestDatagram);
        DatagramSize = datagramSize;
        _vector = new DatagramVector(capacity, datagramSize);
        _errors = new int[capacity];
    }

    /// <summary>How many datagrams there is room for.</summary>
    public int Capacity => _vector.Capacity;

    /// <summary>How many bytes each may have.</summary>
    public int DatagramSize { get; }

    /// <summary>How many datagrams are in it.</summary>
    public int Count { get; private set; }

    /// <summary>One of the datagrams.</summary>
    /// <param name="index">From 0 to <see cref="Count"/> - 1.</param>
    /// <exception cref="ArgumentOutOfRangeException">There is none.</exception>
    public UdpDatagram this[int index]
    {
        get
        {
            ArgumentOutOfRangeException.ThrowIfNegative(index);
            ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(index, Count);
            return new UdpDatagram(this, index);
        }
    }

    /// <summary>Adds a datagram without content or addresses, to be filled in.</summary>
    /// <exception cref="InvalidOperationException">The batch is full, or an operation has it.</exception>
    public UdpDatagram Add()
    {
        ThrowIfHeld();
        if (Count == Capacity)
        {
            throw new InvalidOperationException($"The batch is full: it has room for {Capacity} datagrams. Send it, or make a larger one.");
        }

        _vector.Clear(Count);
        _errors[Count] = 0;
        return new UdpDatagram(this, Count++);
    }

    /// <summary>Adds a copy of some bytes as a datagram, if there is room for one more.</summary>
    /// <param name="content">The bytes.</param>
    /// <param name="to">Where to; not needed on a connected socket.</param>
    /// <param name="from">The address of this machine to send from, if it matters.</param>
    /// <returns>False when the batch is full.</returns>
    /// <exception cref="ArgumentException">More bytes than <see cref="DatagramSize"/>.</exception>
    /// <exception cref="InvalidOperationException">An operation has the batch.</exception>
    public bool TryAdd(ReadOnlySpan<byte> content, UdpAddress to = default, UdpAddress from = default)
    {
        if (content.Length > DatagramSize)
        {
            throw new ArgumentException($"A datagram of {content.Length} bytes does not fit: this batch has room for {DatagramSize} in each.", nameof(content));
        }

        if (Count == Capacity)
        {
            return false;
        }

        UdpDatagram datagram = Add();
        content.CopyTo(datagram.Buffer.Span);
        datagram.Length = content.Length;
        datagram.Peer = to;
        datagram.Local = from;
        return true;
    }

    /// <summary>Forgets the datagrams.</summary>
    /// <exception cref="InvalidOperationException">An operation has the batch.</exception>
    public void Clear()
    {
        ThrowIfHeld();
        Count = 0;
        _fixedLocal = default;
    }

    internal DatagramVector Vector => _vector;

    /// <summary>Of the last send: how many have gone.</summary>
    internal int Sent { get; private set; }

    /// <summary>Whether every datagram has been sent or refused.</summary>
    internal bool IsDone => _next == Count;

    /// <summary>A pending operation has it from now on.</summary>
    internal void Hold() => _isHeld = true;

    internal void Release() => _isHeld = false;

    internal SocketError ErrorOf(int index) => _errors[index] switch
    {
        0 => SocketError.Success,
        int errno when errno == LibC.EAGAIN => SocketError.WouldBlock,
        int errno => SocketErrors.CodeOf(errno),
    };

    internal NativeAddress LocalOf(in PacketInfo info) => info.Local.IsKnown ? info.Local.WithPort(_localPort) : _fixedLocal;

    internal NativeAddress ToOf(in PacketInfo info) => info.To.IsKnown ? info.To.WithPort(_localPort) : _fixedLocal;

    /// <summary>Takes what is there.</summary>
    internal SysResult Receive(int fd, in NativeAddress local, bool asksForLocal, out long bytes)
    {
        SysResult result = _vector.Receive(fd);
        _fixedLocal = asksForLocal ? default : local;
        _localPort = local.Port;
        Count = Math.Max(result.Value, 0);
        bytes = 0;
        for (int i = 0; i < Count; i++)
        {
            bytes += _vector.Length(i);
            _errors[i] = 0;
        }

        return result;
    }

    /// <summary>Begins a send on a socket of this family.</summary>
    /// <exception cref="InvalidOperationException">An operation has the batch.</exception>
    internal void PrepareSend(bool isIPv6)
    {
        ThrowIfHeld();
        _next = 0;
        Sent = 0;
        for (int i = 0; i < Count; i++)
        {
            _vector.PrepareSend(i, isIPv6);
            _errors[i] = LibC.EAGAIN;
        }
    }

    /// <summary>Sends from the next one on.</summary>
    internal SysResult Send(int fd, out long bytes)
    {
        SysResult result = _vector.Send(fd, _next, Count - _next);
        bytes = 0;
        for (int end = _next + Math.Max(result.Value, 0); _next < end; _next++)
        {
            _errors[_next] = 0;
            bytes += _vector.Length(_next);
            Sent++;
        }

        return result;
    }

    /// <summary>The next one cannot be sent.</summary>
    internal void SkipFailed(int errno) => _errors[_next++] = errno;

    private void ThrowIfHeld()
    {
        if (_isHeld)
        {
            throw new InvalidOperationException("A receive or send that is pending has this batch. Await it, or use another batch.");
        }
    }
}
