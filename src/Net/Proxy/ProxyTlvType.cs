namespace Reactor.Net;

/// <summary>The types of values that the specification registers for headers of version 2. Others may come: 0xE0 to 0xEF are an application's own.</summary>
public enum ProxyTlvType : byte
{
    /// <summary>None that is registered.</summary>
    None,

    /// <summary>The protocol that was agreed upon with the client (ALPN, RFC 7301), as its bytes.</summary>
    Alpn = 0x01,

    /// <summary>The host name that the client asked for (SNI), UTF-8.</summary>
    Authority = 0x02,

    /// <summary>The header's CRC32c, 4 bytes, big-endian; it was right.</summary>
    Crc32C = 0x03,

    /// <summary>Padding.</summary>
    Noop = 0x04,

    /// <summary>What the proxy knows the connection by, up to 128 bytes.</summary>
    UniqueId = 0x05,

    /// <summary>
    /// Of the client's TLS connection: a byte of flags (1: TLS; 2: a certificate on this connection; 4: one in this session),
    /// 4 bytes that are 0 if the certificate was verified, and further values, from <see cref="SslVersion"/> to
    /// <see cref="SslKeyAlgorithm"/>: <see cref="ProxyTlvs.TryParse"/> reads those.
    /// </summary>
    Ssl = 0x20,

    /// <summary>Within <see cref="Ssl"/>: the version of TLS, ASCII.</summary>
    SslVersion = 0x21,

    /// <summary>Within <see cref="Ssl"/>: the common name in the client's certificate, UTF-8.</summary>
    SslCommonName = 0x22,

    /// <summary>Within <see cref="Ssl"/>: the cipher, ASCII.</summary>
    SslCipher = 0x23,

    /// <summary>Within <see cref="Ssl"/>: how the proxy's certificate was signed, ASCII.</summary>
    SslSignatureAlgorithm = 0x24,

    /// <summary>Within <see cref="Ssl"/>: the kind of key in the proxy's certificate, ASCII.</summary>
    SslKeyAlgorithm = 0x25,

    /// <summary>The network namespace, ASCII.</summary>
    NetworkNamespace = 0x30,
}
