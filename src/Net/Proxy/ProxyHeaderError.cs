namespace Reactor.Net;

/// <summary>Why a connection is refused whose PROXY header does not come, or not as it should.</summary>
public enum ProxyHeaderError
{
    /// <summary>It is not refused.</summary>
    None,

    /// <summary>The connection begins with something else than a PROXY header.</summary>
    NotAHeader,

    /// <summary>Version 1: there is no line end within 107 bytes.</summary>
    LineTooLong,

    /// <summary>Version 1: a CR without its LF, or a LF without its CR.</summary>
    BadLineEnd,

    /// <summary>Version 1: something else than TCP4, TCP6 or UNKNOWN.</summary>
    BadProtocol,

    /// <summary>Version 1: the source address is missing, or is not one of the protocol's family in its canonical form.</summary>
    BadSourceAddress,

    /// <summary>Version 1: the destination address is missing, or is not one of the protocol's family in its canonical form.</summary>
    BadDestinationAddress,

    /// <summary>Version 1: the source port is missing, or is not a number from 0 to 65,535 without leading zeros.</summary>
    BadSourcePort,

    /// <summary>Version 1: the destination port is missing or no such number, or something follows it.</summary>
    BadDestinationPort,

    /// <summary>The binary header has another version than 2.</summary>
    BadVersion,

    /// <summary>Version 2: the command is neither LOCAL nor PROXY.</summary>
    BadCommand,

    /// <summary>Version 2: the address family is none of the protocol's.</summary>
    BadFamily,

    /// <summary>Version 2: the transport protocol is none of the protocol's.</summary>
    BadTransport,

    /// <summary>Version 2: the header is longer than <see cref="ProxyProtocolOptions.MaxLength"/>.</summary>
    TooLong,

    /// <summary>Version 2: the header is too short for the addresses of its family.</summary>
    AddressesTooShort,

    /// <summary>Version 2: a type-length-value reaches beyond the end of the header.</summary>
    TlvTooLong,

    /// <summary>
    /// Version 2: the length of a value does not suit its type (a checksum is 4 bytes and stands there once, a unique id is
    /// up to 128, an SSL value is at least 5 and ends with whole values of its own).
    /// </summary>
    BadTlv,

    /// <summary>Version 2: the checksum (CRC32c) is wrong.</summary>
    BadChecksum,

    /// <summary>The connection is LOCAL, and <see cref="ProxyProtocolOptions.AllowLocal"/> is off.</summary>
    LocalNotAllowed,

    /// <summary>The proxy does not say whom it speaks for, and <see cref="ProxyProtocolOptions.AllowUnknown"/> is off.</summary>
    UnknownNotAllowed,

    /// <summary>The peer is not one of <see cref="ProxyProtocolOptions.TrustedProxies"/>.</summary>
    NotTrusted,

    /// <summary>The peer has finished sending before the header was complete.</summary>
    Ended,

    /// <summary>The header was not complete within <see cref="ProxyProtocolOptions.Timeout"/>.</summary>
    TimedOut,
}
