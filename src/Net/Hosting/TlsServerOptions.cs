using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Reactor.Net;

/// <summary>How a server of an application speaks TLS (<see cref="HostedTcpServerOptions.Tls"/>).</summary>
public sealed class TlsServerOptions
{
    /// <summary>The longest, of which the timers are capable: some 49 days.</summary>
    private static readonly TimeSpan s_longestTimeout = TimeSpan.FromMilliseconds(uint.MaxValue - 1);

    // What the check at the start has read and made, for the server.
    private SslStreamCertificateContext? _certificate;
    private SslServerAuthenticationOptions? _authentication;

    /// <summary>
    /// The file of the certificate: PEM, with those that it was signed by behind it, or PKCS #12 (.pfx). Read when the server
    /// starts. Null, the default, if <see cref="Authentication"/> gives one or chooses.
    /// </summary>
    public string? CertificatePath { get; set; }

    /// <summary>The file of the private key, in PEM, if it is not in that of the certificate.</summary>
    public string? KeyPath { get; set; }

    /// <summary>What the private key or the PKCS #12 file is encrypted with. Null, the default, if it is not.</summary>
    public string? Password { get; set; }

    /// <summary>How long a client has to shake hands, before its connection is reset. 10 seconds by default.</summary>
    public TimeSpan HandshakeTimeout { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>
    /// Sets everything else, once, when the server starts: protocols, ALPN, certificates of clients, the choice of a certificate by
    /// the name that a client asks for. The certificate of <see cref="CertificatePath"/> is in the options that it is given.
    /// </summary>
    public Action<SslServerAuthenticationOptions>? Authentication { get; set; }

    /// <summary>All that is wrong.</summary>
    internal IEnumerable<string> Problems()
    {
        if (HandshakeTimeout <= TimeSpan.Zero || HandshakeTimeout > s_longestTimeout)
        {
            yield return $"{nameof(HostedTcpServerOptions.Tls)}.{nameof(HandshakeTimeout)} is {HandshakeTimeout}: more than 0 and up to {s_longestTimeout:d\\.hh\\:mm} is possible.";
        }

        if (CertificatePath is null && KeyPath is not null)
        {
            yield return $"{nameof(HostedTcpServerOptions.Tls)}.{nameof(KeyPath)} is '{KeyPath}': name the certificate too, in {nameof(CertificatePath)}.";
        }
        else if (CertificatePath is not null && Unreadable() is { } problem)
        {
            yield return problem;
        }
        else if (Open() is { ServerCertificate: null, ServerCertificateContext: null, ServerCertificateSelectionCallback: null })
        {
            yield return $"there is no certificate: name its file in {nameof(HostedTcpServerOptions.Tls)}.{nameof(CertificatePath)}, or have one given, or chosen, by {nameof(HostedTcpServerOptions.Tls)}.{nameof(Authentication)}.";
        }
        else if (Open() is { ServerCertificateContext: null, ServerCertificate: X509Certificate2 { HasPrivateKey: false } bare })
        {
            yield return $"the certificate that {nameof(HostedTcpServerOptions.Tls)}.{nameof(Authentication)} has given ({bare.Subject}) is without its private key: give it with that.";
        }
    }

    /// <summary>What to shake hands with.</summary>
    internal SslServerAuthenticationOptions Open()
    {
        if (_authentication is null)
        {
            var authentication = new SslServerAuthenticationOptions { ServerCertificateContext = CertificatePath is null ? null : Certificate() };
            Authentication?.Invoke(authentication);
            _authentication = authentication;
        }

        return _authentication;
    }

    private string? Unreadable()
    {
        try
        {
            Certificate();
            return null;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or CryptographicException or ArgumentException)
        {
            string key = KeyPath is null ? "" : $" with the key of '{KeyPath}'";
            return $"{nameof(HostedTcpServerOptions.Tls)}.{nameof(CertificatePath)} is '{CertificatePath}'{key}: {exception.Message} A certificate with its private key is needed, in PEM or PKCS #12.";
        }
    }

    private SslStreamCertificateContext Certificate() => _certificate ??= Load();

    private SslStreamCertificateContext Load()
    {
        string path = CertificatePath!;
        if (X509Certificate2.GetCertContentType(path) == X509ContentType.Pkcs12)
        {
            X509Certificate2Collection all = X509CertificateLoader.LoadPkcs12CollectionFromFile(path, Password);
            return Context(all.FirstOrDefault(static certificate => certificate.HasPrivateKey), all);
        }

        var others = new X509Certificate2Collection();
        others.ImportFromPemFile(path);
        return Context(Password is null ? X509Certificate2.CreateFromPemFile(path, KeyPath) : X509Certificate2.CreateFromEncryptedPemFile(path, Password, KeyPath), others);
    }

    private static SslStreamCertificateContext Context(X509Certificate2? certificate, X509Certificate2Collection others) =>
        certificate is null
            ? throw new CryptographicException("There is no private key in it.")
            : SslStreamCertificateContext.Create(certificate, others, offline: true);
}
