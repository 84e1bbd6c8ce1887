using System.Diagnostics;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;

namespace Reactor.Net.Tests.Pipelines;

/// <summary>Our TLS against another implementation's: the programs of OpenSSL.</summary>
public sealed class OpenSslTests : ShardTest
{
    private const int Length = 300_000;

    [OpenSslFact]
    public async Task The_client_of_OpenSSL_is_echoed_what_it_sends()
    {
        await using TcpServer server = await TcpServer.StartAsync(Host, Peers.AnyLoopbackPort, TlsTests.EchoAsync);
        using Process client = Start($"s_client -connect {server.EndPoint} -tls1_3 -quiet -no_ign_eof");
        byte[] text = Text();

        Task sending = client.StandardInput.BaseStream.WriteAsync(text).AsTask();
        byte[] echo = new byte[text.Length];
        await client.StandardOutput.BaseStream.ReadExactlyAsync(echo).AsTask().WaitAsync(Eventually.Patience);
        await sending;
        client.StandardInput.Close();
        await client.WaitForExitAsync().WaitAsync(Eventually.Patience);

        Assert.Equal(text, echo);
    }

    [OpenSslFact]
    public async Task The_server_of_OpenSSL_sends_back_what_our_client_sends()
    {
        string folder = Directory.CreateTempSubdirectory("reactor-tls-").FullName;
        try
        {
            string certificate = Path.Combine(folder, "certificate.pem");
            File.WriteAllText(certificate, Certificates.Server.ExportCertificatePem() + "\n" + Certificates.Server.GetECDsaPrivateKey()!.ExportPkcs8PrivateKeyPem());
            int port = FreePort();
            using Process server = Start($"s_server -accept 127.0.0.1:{port} -tls1_3 -cert {certificate} -key {certificate} -rev -quiet");

            string answer = await Shard.InvokeAsync(async () =>
            {
                using TcpConnection connection = await ConnectAsync(new IPEndPoint(IPAddress.Loopback, port));
                await using SslStream tls = await TlsTests.ConnectAsync(connection);
                await tls.WriteAsync("desserts\n"u8.ToArray());
                byte[] buffer = new byte["stressed\n".Length];
                await tls.ReadExactlyAsync(buffer);
                Assert.Same(connection.Shard, Shard.Current);
                return System.Text.Encoding.ASCII.GetString(buffer);
            }).AsTask().WaitAsync(Eventually.Patience);

            server.Kill();
            await server.WaitForExitAsync();
            Assert.Equal("stressed\n", answer);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    /// <summary>The program says nowhere when it listens.</summary>
    private static async Task<TcpConnection> ConnectAsync(IPEndPoint endPoint)
    {
        long start = Stopwatch.GetTimestamp();
        while (true)
        {
            try
            {
                return await TcpConnector.ConnectAsync(endPoint);
            }
            catch (SocketException refusal) when (refusal.SocketErrorCode == SocketError.ConnectionRefused && Stopwatch.GetElapsedTime(start) < Eventually.Patience)
            {
                await Shard.Delay(TimeSpan.FromMilliseconds(10));
            }
        }
    }

    /// <summary>Line ends, and letters that s_client does not take for commands, as it does with k, Q and R.</summary>
    private static byte[] Text()
    {
        byte[] text = Payload.Random(Length);
        for (int i = 0; i < text.Length; i++)
        {
            text[i] = i % 64 == 63 ? (byte)'\n' : (byte)('a' + (text[i] % 8));
        }

        return text;
    }

    private static Process Start(string arguments) => Process.Start(new ProcessStartInfo("openssl", arguments)
    {
        RedirectStandardInput = true,
        RedirectStandardOutput = true,
        RedirectStandardError = true,
    })!;

    private static int FreePort()
    {
        using Socket socket = Peers.Create(Peers.AnyLoopbackPort);
        socket.Bind(Peers.AnyLoopbackPort);
        return ((IPEndPoint)socket.LocalEndPoint!).Port;
    }
}
