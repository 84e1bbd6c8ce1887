namespace Reactor.Net.Tests;

/// <summary>Bytes that cannot be confused: a generator for long streams, and a checksum of what has come through.</summary>
internal static class Payload
{
    internal static byte[] Random(int length, int seed = 1)
    {
        byte[] bytes = new byte[length];
        new Random(seed).NextBytes(bytes);
        return bytes;
    }

    /// <summary>FNV-1a over 64 bits: sensitive to order, loss and doubling.</summary>
    internal static ulong Checksum(ReadOnlySpan<byte> bytes, ulong checksum = 14_695_981_039_346_656_037)
    {
        foreach (byte one in bytes)
        {
            checksum = (checksum ^ one) * 1_099_511_628_211;
        }

        return checksum;
    }
}
