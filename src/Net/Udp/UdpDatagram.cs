using System.Net.Sockets;

namespace Reactor.Net;

/// <summary>A datagram of a <see cref="UdpBatch"/>, which this is a reference to: received, or to be sent. Good until the batch is cleared or received into.</summary>
public readonly struct UdpDatagram
{
    private readonly UdpBatch _batch;
    private readonly int _index;

    internal UdpDatagram(UdpBatch batch, int index)
    {
        _batch = batch;
        _index = index;
    }

    /// <summary>The whole room that it has, of <see cref="UdpBatch.DatagramSize"/> bytes.</summary>
    public Memory<byte> Buffer => _batch.Vector.Buffer(_index);

    /// <summary>How many bytes of the <see cref="Buffer"/> are its content; set it before a send.</summary>
    /// <exception cref="ArgumentOutOfRangeException">Set to more than there is room for.</exception>
    public int Length
    {
        get => _batch.Vector.Length(_index);
        set
        {
            ArgumentOutOfRangeException.ThrowIfNegative(value);
            ArgumentOutOfRangeException.ThrowIfGreaterThan(value, _batch.DatagramSize);
            _batch.Vector.SetLength(_index, value);
        }
    }

    /// <summary>Its content.</summary>
    public Memory<byte> Content => Buffer[..Length];

    /// <summary>Who sent it, or where it is to be sent; not known, for a send, means the peer that the socket is connected to.</summary>
    public UdpAddress Peer
    {
        get => new(_batch.Vector.Peer(_index));
        set => _batch.Vector.SetPeer(_index, value.Native);
    }

    /// <summary>
    /// The address of this machine that it was sent to, as <see cref="UdpReceived.Local"/>, or that it is to be sent from; not
    /// known, for a send, means the one that the kernel chooses.
    /// </summary>
    public UdpAddress Local
    {
        get => new(_batch.LocalOf(_batch.Vector.Info(_index)));
        set => _batch.Vector.SetLocal(_index, value.Native);
    }

    /// <summary>What is known of it, once received; not after a send.</summary>
    public UdpReceived Received
    {
        get
        {
            Kernel.PacketInfo info = _batch.Vector.Info(_index);
            int length = _batch.Vector.ReceivedLength(_index);
            return new UdpReceived(Math.Min(length, _batch.DatagramSize), length, _batch.Vector.Peer(_index), _batch.LocalOf(info), _batch.ToOf(info), info.InterfaceIndex);
        }
    }

    /// <summary>
    /// What became of it when the batch was sent: <see cref="SocketError.Success"/>, why it was refused, or
    /// <see cref="SocketError.WouldBlock"/> when it was not tried because the send was cancelled or the socket closed.
    /// </summary>
    public SocketError Error => _batch.ErrorOf(_index);
}
