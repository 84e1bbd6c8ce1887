namespace Reactor.Net.Tests.Hammer;

/// <summary>Streams of bytes in which each byte follows from its place, so that any part of them can be checked.</summary>
internal static class CodedBytes
{
    internal static void Fill(Span<byte> bytes, int stream, long offset)
    {
        for (int i = 0; i < bytes.Length; i++)
        {
            bytes[i] = At(stream, offset + i);
        }
    }

    internal static void Check(ReadOnlySpan<byte> bytes, int stream, long offset)
    {
        for (int i = 0; i < bytes.Length; i++)
        {
            if (bytes[i] != At(stream, offset + i))
            {
                Assert.Fail($"byte {offset + i} of stream {stream} is {bytes[i]} and should be {At(stream, offset + i)}");
            }
        }
    }

    private static byte At(int stream, long place) => (byte)((((ulong)place + (ulong)stream) * 0x9E37_79B9_7F4A_7C15) >> 56);
}
