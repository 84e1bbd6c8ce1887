using System.Net.Sockets;

namespace Reactor.Net;

/// <summary>What is known of a datagram that was received on a <see cref="UnixDatagramSocket"/>.</summary>
public readonly struct UnixReceived
{
    internal UnixReceived(int length, int datagramLength, UnixDomainSocketEndPoint? from)
    {
        Length = length;
        DatagramLength = datagramLength;
        From = from;
    }

    /// <summary>The number of bytes that are in the buffer; 0 for a datagram without content, which is a datagram like any other.</summary>
    public int Length { get; }

    /// <summary>The number of bytes that the datagram had.</summary>
    public int DatagramLength { get; }

    /// <summary>Whether the buffer was too small: what did not fit is lost.</summary>
    public bool IsTruncated => DatagramLength > Length;

    /// <summary>Who sent it; null if that socket has no name, and so cannot be answered.</summary>
    public UnixDomainSocketEndPoint? From { get; }
}
