namespace Reactor.Net.Tests.Unix;

public sealed class AllocationTests : ShardTest
{
    [Fact]
    public Task An_echo_and_a_pending_send_allocate_nothing() => OnShard(async () =>
    {
        (UnixConnection first, UnixConnection second) = UnixConnection.CreatePair(new UnixConnectionOptions { SendBufferSize = 4_096 });
        Task echoing = EchoAsync(second);
        byte[] small = new byte[100];
        byte[] large = new byte[30_000];
        long before = 0;
        for (int i = 0; i < 2_000; i++)
        {
            if (i == 500)
            {
                before = GC.GetAllocatedBytesForCurrentThread();
            }

            await first.SendAsync(small);
            for (int received = 0; received < small.Length;)
            {
                received += await first.ReceiveAsync(small);
            }

            ValueTask sending = first.SendAsync(large);
            for (int received = 0; received < large.Length;)
            {
                received += await first.ReceiveAsync(large);
            }

            await sending;
        }

        long allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        first.Close();
        await echoing;
        second.Close();
        Assert.Equal(0, allocated);

        static async Task EchoAsync(UnixConnection connection)
        {
            byte[] buffer = new byte[8_192];
            while (await connection.ReceiveAsync(buffer) is var received and > 0)
            {
                await connection.SendAsync(buffer.AsMemory(0, received));
            }
        }
    });
}
