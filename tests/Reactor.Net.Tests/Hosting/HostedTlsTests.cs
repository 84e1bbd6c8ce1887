using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Reactor.Net.Tests.Pipelines;

namespace Reactor.Net.Tests.Hosting;

/// <summary>TCP servers of an application that speak TLS.</summary>
public sealed class HostedTlsTests
{
    [Fact]
    public async Task A_handler_finds_TLS_in_the_stream_of_its_connection()
    {
        await using TestApplication application = await StartAsync<StreamEchoHandler>(options => options.Authentication = WithCertificate);
        using SslStream tls = await ConnectAsync(application);
        await tls.WriteAsync("hello"u8.ToArray());
        byte[] echo = new byte[5];
        await tls.ReadExactlyAsync(echo).AsTask().WaitAsync(Eventually.Patience);

        Assert.Equal("hello"u8.ToArray(), echo);
    }

    [Fact]
    public async Task The_same_handler_serves_without_TLS()
    {
        await using TestApplication application = await TestApplication.StartAsync(services => services.AddTcpServer<StreamEchoHandler>("echo", "127.0.0.1:0"));
        using Socket peer = await Peers.ConnectAsync(application.Servers["echo"].EndPoint);
        await peer.SendAllAsync("hello"u8.ToArray());
        byte[] echo = new byte[5];
        await new NetworkStream(peer).ReadExactlyAsync(echo).AsTask().WaitAsync(Eventually.Patience);

        Assert.Equal("hello"u8.ToArray(), echo);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_client_is_told_the_end_by_TLS_and_by_TCP(bool isDisposed)
    {
        await using TestApplication application = await StartAsync(async (connection, stopping) =>
        {
            Stream stream = connection.AsStream();
            await stream.WriteAsync("bye"u8.ToArray(), stopping);
            if (isDisposed)
            {
                await stream.DisposeAsync();
            }
        });
        using var wire = new RecordingStream(await Peers.ConnectAsync(application.Servers["tls"].EndPoint));
        using SslStream tls = await ShakeHandsAsync(wire, SslProtocols.Tls12);

        Assert.Equal("bye"u8.ToArray(), await ReadToEndAsync(tls));
        Assert.Equal(RecordingStream.Alert, wire.LastRecord);
        Assert.Equal(0, application.Servers["tls"].GetStatistics().ConnectionFailures);
    }

    [Fact]
    public async Task A_handler_that_fails_tells_no_good_end_though_it_disposes_its_stream()
    {
        await using TestApplication application = await StartAsync(async (connection, stopping) =>
        {
            await using Stream stream = connection.AsStream();
            await stream.WriteAsync("half"u8.ToArray(), stopping);
            throw new InvalidDataException("no more of it");
        });
        using var wire = new RecordingStream(await Peers.ConnectAsync(application.Servers["tls"].EndPoint));
        using SslStream tls = await ShakeHandsAsync(wire, SslProtocols.Tls12);

        await Assert.ThrowsAnyAsync<IOException>(() => ReadToEndAsync(tls));
        Assert.NotEqual(RecordingStream.Alert, wire.LastRecord);
    }

    [Fact]
    public async Task Options_are_set_once()
    {
        int calls = 0;
        await using TestApplication application = await StartAsync<StreamEchoHandler>(options => options.Authentication = authentication =>
        {
            calls++;
            WithCertificate(authentication);
        });
        using SslStream tls = await ConnectAsync(application);

        Assert.Equal(1, calls);
    }

    [Fact]
    public async Task Nothing_goes_out_in_the_clear()
    {
        var failure = new TaskCompletionSource<Exception>();
        await using TestApplication application = await StartAsync(async (connection, stopping) =>
            failure.SetResult(await Assert.ThrowsAsync<InvalidOperationException>(async () => await connection.SendAsync("secret"u8.ToArray(), stopping))));
        using SslStream tls = await ConnectAsync(application);

        Assert.Contains("AsStream()", (await failure.Task.WaitAsync(Eventually.Patience)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_handler_knows_what_was_agreed_on()
    {
        var protocol = new TaskCompletionSource<(SslProtocols, SslApplicationProtocol)>();
        await using TestApplication application = await StartAsync(
            (connection, _) =>
            {
                protocol.SetResult((connection.Tls!.SslProtocol, connection.Tls.NegotiatedApplicationProtocol));
                return Task.CompletedTask;
            },
            options => options.Authentication = authentication =>
            {
                WithCertificate(authentication);
                authentication.EnabledSslProtocols = SslProtocols.Tls13;
                authentication.ApplicationProtocols = [new SslApplicationProtocol("echo")];
            });
        using SslStream tls = await ConnectAsync(application);

        Assert.Equal((SslProtocols.Tls13, new SslApplicationProtocol("echo")), await protocol.Task.WaitAsync(Eventually.Patience));
    }

    [Theory]
    [InlineData("GET / HTTP/1.1\r\n\r\n")]
    [InlineData("\u0016\u0003\u0001\u0000\u0005hello")]
    public async Task A_client_that_does_not_speak_TLS_is_reset_and_the_others_are_served(string greeting)
    {
        await using TestApplication application = await StartAsync<StreamEchoHandler>(options => options.Authentication = WithCertificate);
        using (Socket stranger = await Peers.ConnectAsync(application.Servers["tls"].EndPoint))
        {
            await stranger.SendAllAsync(System.Text.Encoding.Latin1.GetBytes(greeting));
            await application.TakeAsync(10);
        }

        await Eventually.IsEqualAsync(1, () => application.Servers["tls"].GetStatistics().ConnectionFailures, "failed connections");
        Assert.Equal(0, application.Servers["tls"].GetStatistics().HandlerFailures);
        using SslStream tls = await ConnectAsync(application);
        await tls.WriteAsync("hello"u8.ToArray());
        await tls.ReadExactlyAsync(new byte[5]).AsTask().WaitAsync(Eventually.Patience);
    }

    [Fact]
    public async Task A_client_that_says_nothing_is_reset_in_time()
    {
        await using TestApplication application = await StartAsync<StreamEchoHandler>(options =>
        {
            options.Authentication = WithCertificate;
            options.HandshakeTimeout = TimeSpan.FromMilliseconds(50);
        });
        using Socket silent = await Peers.ConnectAsync(application.Servers["tls"].EndPoint);

        await silent.AssertSeesResetAsync();
        Assert.Contains("not done in 00:00:00.0500000", (await application.TakeAsync(10)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_stop_does_not_wait_for_clients_that_say_nothing()
    {
        await using TestApplication application = await StartAsync<StreamEchoHandler>(options => options.Authentication = WithCertificate);
        using Socket silent = await Peers.ConnectAsync(application.Servers["tls"].EndPoint);
        await Eventually.IsEqualAsync(1, () => application.Servers["tls"].GetStatistics().Active, "connections");

        await application.StopAsync().WaitAsync(Eventually.Promptly);
        await silent.AssertSeesResetAsync();
    }

    [Theory]
    [InlineData(null)]
    [InlineData("secret")]
    public async Task A_certificate_comes_from_files_that_the_configuration_names(string? password)
    {
        using var directory = new TemporaryDirectory();
        File.WriteAllText(directory["certificate.pem"], Certificates.Server.ExportCertificatePem());
        File.WriteAllText(directory["key.pem"], password is null
            ? Certificates.Server.GetECDsaPrivateKey()!.ExportPkcs8PrivateKeyPem()
            : Certificates.Server.GetECDsaPrivateKey()!.ExportEncryptedPkcs8PrivateKeyPem(password, new System.Security.Cryptography.PbeParameters(System.Security.Cryptography.PbeEncryptionAlgorithm.Aes128Cbc, System.Security.Cryptography.HashAlgorithmName.SHA256, 1_000)));
        await using TestApplication application = await TestApplication.StartAsync(
            services => services.AddTcpServer<StreamEchoHandler>("tls", "127.0.0.1:0"),
            ("Reactor:Servers:tls:Tls:CertificatePath", directory["certificate.pem"]),
            ("Reactor:Servers:tls:Tls:KeyPath", directory["key.pem"]),
            ("Reactor:Servers:tls:Tls:Password", password));
        using SslStream tls = await ConnectAsync(application);

        Assert.Equal(Certificates.Server.GetCertHashString(), tls.RemoteCertificate!.GetCertHashString());
    }

    [Fact]
    public async Task A_certificate_comes_from_a_PKCS_12_file()
    {
        using var directory = new TemporaryDirectory();
        File.WriteAllBytes(directory["all.pfx"], Certificates.Server.Export(X509ContentType.Pkcs12, "secret"));
        await using TestApplication application = await StartAsync<StreamEchoHandler>(options =>
        {
            options.CertificatePath = directory["all.pfx"];
            options.Password = "secret";
        });
        using SslStream tls = await ConnectAsync(application);

        Assert.Equal(Certificates.Server.GetCertHashString(), tls.RemoteCertificate!.GetCertHashString());
    }

    [Fact]
    public async Task What_is_no_certificate_fails_the_start_and_is_named()
    {
        using var directory = new TemporaryDirectory();
        File.WriteAllText(directory["bare.pem"], Certificates.Server.ExportCertificatePem());
        File.WriteAllText(directory["junk.pem"], "junk");
        File.WriteAllBytes(directory["all.pfx"], Certificates.Server.Export(X509ContentType.Pkcs12, "secret"));

        await AssertRefusesAsync(options => options.CertificatePath = directory["none.pem"], "none.pem");
        await AssertRefusesAsync(options => options.CertificatePath = directory["bare.pem"], "bare.pem");
        await AssertRefusesAsync(options => options.CertificatePath = directory["junk.pem"], "junk.pem");
        await AssertRefusesAsync(options => (options.CertificatePath, options.Password) = (directory["all.pfx"], "wrong"), "all.pfx");
        await AssertRefusesAsync(options => options.KeyPath = directory["bare.pem"], "name the certificate too");
        await AssertRefusesAsync(static _ => { }, "there is no certificate");
        using X509Certificate2 bare = X509CertificateLoader.LoadCertificate(Certificates.Server.RawData);
        await AssertRefusesAsync(options => options.Authentication = authentication => authentication.ServerCertificate = bare, "without its private key");
        await AssertRefusesAsync(options => (options.Authentication, options.HandshakeTimeout) = (WithCertificate, TimeSpan.Zero), "HandshakeTimeout is 00:00:00");
    }

    [OpenSslFact]
    public async Task The_client_of_OpenSSL_is_served()
    {
        await using TestApplication application = await StartAsync<StreamEchoHandler>(options => options.Authentication = WithCertificate);
        var start = new System.Diagnostics.ProcessStartInfo("openssl", $"s_client -connect {application.Servers["tls"].EndPoint} -tls1_3 -quiet -no_ign_eof")
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using System.Diagnostics.Process client = System.Diagnostics.Process.Start(start)!;
        await client.StandardInput.WriteAsync("hello\n");
        await client.StandardInput.FlushAsync();

        Assert.Equal("hello", await client.StandardOutput.ReadLineAsync().WaitAsync(Eventually.Patience));
        client.StandardInput.Close();
        await client.WaitForExitAsync().WaitAsync(Eventually.Patience);
    }

    private static Task<TestApplication> StartAsync<THandler>(Action<TlsServerOptions> configure)
        where THandler : class, ITcpConnectionHandler =>
        TestApplication.StartAsync(services => services.AddTcpServer<THandler>("tls", "127.0.0.1:0", options => configure(options.Tls = new TlsServerOptions())));

    private static Task<TestApplication> StartAsync(Func<TcpConnection, CancellationToken, Task> handler, Action<TlsServerOptions>? configure = null) =>
        TestApplication.StartAsync(services => services.AddTcpServer("tls", "127.0.0.1:0", handler, options =>
        {
            options.Tls = new TlsServerOptions { Authentication = WithCertificate };
            configure?.Invoke(options.Tls);
        }));

    private static void WithCertificate(SslServerAuthenticationOptions authentication) => authentication.ServerCertificate = Certificates.Server;

    private static async Task<SslStream> ConnectAsync(TestApplication application) =>
        await ShakeHandsAsync(new NetworkStream(await Peers.ConnectAsync(application.Servers["tls"].EndPoint), ownsSocket: true), SslProtocols.None);

    private static async Task<SslStream> ShakeHandsAsync(Stream wire, SslProtocols protocols)
    {
        var tls = new SslStream(wire, false, static (_, certificate, _, _) => Certificates.Server.Equals(certificate));
        await tls.AuthenticateAsClientAsync(new SslClientAuthenticationOptions
        {
            TargetHost = Certificates.Host,
            EnabledSslProtocols = protocols,
            ApplicationProtocols = [new SslApplicationProtocol("echo")],
        }).WaitAsync(Eventually.Patience);
        return tls;
    }

    private static async Task<byte[]> ReadToEndAsync(SslStream tls)
    {
        using var all = new MemoryStream();
        await tls.CopyToAsync(all).WaitAsync(Eventually.Patience);
        return all.ToArray();
    }

    private static async Task AssertRefusesAsync(Action<TlsServerOptions> configure, string said)
    {
        await using var application = new TestApplication(services =>
            services.AddTcpServer<StreamEchoHandler>("tls", "127.0.0.1:0", options => configure(options.Tls = new TlsServerOptions())));
        OptionsValidationException refusal = await Assert.ThrowsAsync<OptionsValidationException>(() => application.StartAsync());
        Assert.Contains(said, refusal.Message, StringComparison.Ordinal);
    }

    private sealed class StreamEchoHandler : ITcpConnectionHandler
    {
        public async Task HandleAsync(TcpConnection connection, CancellationToken stopping)
        {
            byte[] buffer = new byte[1_000];
            Stream stream = connection.AsStream();
            while (await stream.ReadAsync(buffer, stopping) is var read and > 0)
            {
                Assert.Same(Shard.Current, connection.Shard);
                await stream.WriteAsync(buffer.AsMemory(0, read), stopping);
            }
        }
    }

    /// <summary>What a client receives, of which the kinds of the records are legible: up to TLS 1.2 that of an alert, such as close_notify, is.</summary>
    private sealed class RecordingStream(Socket socket) : NetworkStream(socket, ownsSocket: true)
    {
        internal const int Alert = 21;

        private readonly MemoryStream _received = new();

        /// <summary>The kind of the last record. The end of a stream alone does not tell: SslStream reads 0 at a bare FIN too.</summary>
        internal int LastRecord
        {
            get
            {
                byte[] bytes = _received.ToArray();
                int kind = -1;
                for (int at = 0; at < bytes.Length; at += 5 + (bytes[at + 3] << 8 | bytes[at + 4]))
                {
                    kind = bytes[at];
                }

                return kind;
            }
        }

        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            int read = await base.ReadAsync(buffer, cancellationToken);
            _received.Write(buffer.Span[..read]);
            return read;
        }
    }
}
