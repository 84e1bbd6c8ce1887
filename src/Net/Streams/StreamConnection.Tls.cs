using System.Net.Security;

namespace Reactor.Net;

// The connection within TLS.
public abstract partial class StreamConnection
{
    // The call comes from the stream within TLS.
    private bool _isTlsCall;

    /// <summary>
    /// The TLS of a connection whose server has it (<see cref="HostedTcpServerOptions.Tls"/>): the same as
    /// <see cref="AsStream"/> gives, with the protocol and the certificates that were agreed on. Null for others.
    /// </summary>
    public SslStream? Tls { get; private set; }

    /// <summary>From now on everything goes through TLS, which has shaken hands: the methods of the connection that receive and send throw.</summary>
    internal void UseTls(SslStream tls)
    {
        Tls = tls;
        _use = Use.Tls;
    }

    /// <summary>For the stream below TLS.</summary>
    internal ValueTask<int> ReceiveForTls(Memory<byte> buffer, CancellationToken cancellationToken)
    {
        _isTlsCall = true;
        try
        {
            return ReceiveAsync(buffer, cancellationToken);
        }
        finally
        {
            _isTlsCall = false;
        }
    }

    /// <summary>For the stream below TLS.</summary>
    internal ValueTask SendForTls(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken)
    {
        _isTlsCall = true;
        try
        {
            return SendAsync(buffer, cancellationToken);
        }
        finally
        {
            _isTlsCall = false;
        }
    }
}
