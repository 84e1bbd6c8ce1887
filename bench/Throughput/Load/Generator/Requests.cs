using System.Net;
using System.Text;

namespace Reactor.Bench.Throughput.Load.Generator;

/// <summary>What is sent.</summary>
internal static class Requests
{
    /// <summary>As many requests as are sent at once.</summary>
    public static ReadOnlyMemory<byte> Batch(IPEndPoint server, LoadSettings settings)
    {
        byte[] one = settings.Protocol == Protocol.Http
            ? Encoding.ASCII.GetBytes($"GET {settings.Path} HTTP/1.1\r\nHost: {server}\r\n\r\n")
            : [.. Enumerable.Range(0, settings.PayloadBytes).Select(index => (byte)('a' + (index % 26)))];
        byte[] batch = GC.AllocateUninitializedArray<byte>(one.Length * settings.Pipeline, pinned: true);
        for (int i = 0; i < settings.Pipeline; i++)
        {
            one.CopyTo(batch, i * one.Length);
        }

        return batch;
    }
}
