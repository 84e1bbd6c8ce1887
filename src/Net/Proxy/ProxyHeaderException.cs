namespace Reactor.Net;

/// <summary>A connection whose PROXY header does not come, or not as it should.</summary>
public sealed class ProxyHeaderException : IOException
{
    internal ProxyHeaderException(string connection, ProxyHeaderError error, ProxyProtocolOptions options)
        : base($"receiving the PROXY header of {connection} failed: {Describe(error, options)}.") => Error = error;

    /// <summary>What is wrong with it.</summary>
    public ProxyHeaderError Error { get; }

    private static string Describe(ProxyHeaderError error, ProxyProtocolOptions options) => error switch
    {
        ProxyHeaderError.NotAHeader => "the connection begins with something else. Have the proxy send the header (HAProxy: send-proxy), or switch the protocol off here",
        ProxyHeaderError.LineTooLong => "there is no line end within 107 bytes",
        ProxyHeaderError.BadLineEnd => "the line does not end with CR LF",
        ProxyHeaderError.BadProtocol => "the protocol is none of TCP4, TCP6 and UNKNOWN",
        ProxyHeaderError.BadSourceAddress => "the source address is missing or malformed",
        ProxyHeaderError.BadDestinationAddress => "the destination address is missing or malformed",
        ProxyHeaderError.BadSourcePort => "the source port is missing or malformed",
        ProxyHeaderError.BadDestinationPort => "the destination port is missing or malformed, or something follows it",
        ProxyHeaderError.BadVersion => "the binary header has another version than 2",
        ProxyHeaderError.BadCommand => "the command is neither LOCAL nor PROXY",
        ProxyHeaderError.BadFamily => "the address family is unknown",
        ProxyHeaderError.BadTransport => "the transport protocol is unknown",
        ProxyHeaderError.TooLong => $"it is longer than {options.MaxLength} bytes. Raise {nameof(ProxyProtocolOptions)}.{nameof(ProxyProtocolOptions.MaxLength)}, or have the proxy send less",
        ProxyHeaderError.AddressesTooShort => "it is too short for the addresses of its family",
        ProxyHeaderError.TlvTooLong => "a type-length-value reaches beyond its end",
        ProxyHeaderError.BadTlv => "the length of a value does not suit its type",
        ProxyHeaderError.BadChecksum => "the checksum is wrong",
        ProxyHeaderError.LocalNotAllowed => $"it is LOCAL, which {nameof(ProxyProtocolOptions)}.{nameof(ProxyProtocolOptions.AllowLocal)} does not allow",
        ProxyHeaderError.UnknownNotAllowed => $"it does not tell the client's address, and {nameof(ProxyProtocolOptions)}.{nameof(ProxyProtocolOptions.AllowUnknown)} is off",
        ProxyHeaderError.NotTrusted => $"the peer is not one of {nameof(ProxyProtocolOptions)}.{nameof(ProxyProtocolOptions.TrustedProxies)}",
        ProxyHeaderError.Ended => "the peer has finished before it was complete",
        ProxyHeaderError.TimedOut => $"it was not complete after {options.Timeout}",
        _ => "the reason is unknown",
    };
}
