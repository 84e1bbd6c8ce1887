using System.Net;
using System.Net.Sockets;

namespace Reactor.Bench.Sockets;

/// <summary>Accepts on loopback, and serves each connection by a loop of receives and sends.</summary>
internal static class SocketServer
{
    private const int Backlog = 4096;
    private const int BufferSize = 16 * 1024;

    internal static async Task RunAsync(int port, ServerKind kind, CancellationToken cancellation)
    {
        using var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, port));
        listener.Listen(Backlog);
        Console.WriteLine($"listening on {listener.LocalEndPoint}");
        try
        {
            while (true)
            {
                Socket connection = await listener.AcceptAsync(cancellation);
                connection.NoDelay = true;
                _ = ServeAsync(connection, kind);
            }
        }
        catch (OperationCanceledException)
        {
        }
    }

    private static async Task ServeAsync(Socket connection, ServerKind kind)
    {
        using (connection)
        {
            byte[] buffer = GC.AllocateUninitializedArray<byte>(BufferSize);
            var heads = default(RequestHeads);
            try
            {
                while (await connection.ReceiveAsync(buffer) is var received and > 0)
                {
                    ReadOnlyMemory<byte> answer = kind == ServerKind.Echo ? buffer.AsMemory(0, received) : FixedAnswer.Of(heads.Count(buffer.AsSpan(0, received)));
                    while (answer.Length > 0)
                    {
                        answer = answer[await connection.SendAsync(answer)..];
                    }
                }
            }
            catch (SocketException)
            {
                // The client is gone.
            }
        }
    }
}
