using System.Text;

namespace Reactor.Bench.Sockets;

/// <summary>The answer that the C loops give, as often as it is needed.</summary>
internal static class FixedAnswer
{
    /// <summary>More than one receive can ask for.</summary>
    private const int Most = 512;

    private const string Answer =
        "HTTP/1.1 200 OK\r\nServer: Reactor\r\nDate: Thu, 01 Jan 2026 00:00:00 GMT\r\nContent-Type: text/plain\r\nContent-Length: 13\r\n\r\nHello, World!";

    private static readonly byte[] s_answers = Encoding.ASCII.GetBytes(string.Concat(Enumerable.Repeat(Answer, Most)));

    internal static ReadOnlyMemory<byte> Of(int count) =>
        count <= Most ? s_answers.AsMemory(0, count * Answer.Length) : throw new InvalidOperationException($"{count} requests in one receive.");
}
