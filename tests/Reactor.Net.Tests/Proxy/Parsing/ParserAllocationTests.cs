namespace Reactor.Net.Tests.Proxy;

public sealed class ParserAllocationTests
{
    [Fact]
    public void Nothing_is_allocated_until_a_header_is_whole()
    {
        byte[][] inputs =
        [
            ProxyBytes.Latin1(ProxyBytes.TcpLine)[..^1],
            ProxyBytes.Latin1("PROXY TCP6 1:2:3:4:5:6:7::8 ::2 1 2\r\n"),
            ProxyBytes.Latin1("PROXY TCP4 1.2.3.4 1.2.3.4 1 x\r\n"),
            ProxyBytes.Tcp4()[..^1],
            ProxyBytes.WithChecksum(0x21, 0x11, [.. ProxyBytes.Addresses4, .. ProxyBytes.Tlv(1, 2)], fault: 1),
            "GET"u8.ToArray(),
        ];
        ParseAll(inputs);

        long before = GC.GetAllocatedBytesForCurrentThread();
        int headers = ParseAll(inputs);
        long allocated = GC.GetAllocatedBytesForCurrentThread() - before;

        Assert.Equal((0, 0), (headers, allocated));
    }

    private static int ParseAll(byte[][] inputs)
    {
        int headers = 0;
        for (int i = 0; i < 1_000; i++)
        {
            foreach (byte[] input in inputs)
            {
                headers += ProxyHeader.Parse(input).Header is null ? 0 : 1;
            }
        }

        return headers;
    }
}
