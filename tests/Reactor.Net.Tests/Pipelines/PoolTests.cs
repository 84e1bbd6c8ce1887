using System.Buffers;

namespace Reactor.Net.Tests.Pipelines;

public sealed class PoolTests : ShardTest
{
    [Fact]
    public Task A_block_that_came_back_is_rented_again() => OnShard(() =>
    {
        ShardBlockPool pool = SegmentPool.Of(Shard).Blocks;
        IMemoryOwner<byte> one = pool.Rent();
        Assert.Equal(ShardBlockPool.BlockSize, one.Memory.Length);
        one.Dispose();
        one.Dispose();
        int free = pool.Free;

        IMemoryOwner<byte> again = pool.Rent(100);

        Assert.Same(one, again);
        Assert.Equal(free - 1, pool.Free);
        again.Dispose();
        return Task.CompletedTask;
    });

    [Fact]
    public Task Blocks_are_pinned() => OnShard(() =>
    {
        using IMemoryOwner<byte> block = SegmentPool.Of(Shard).Blocks.Rent();
        using MemoryHandle before = block.Memory.Pin();
        unsafe
        {
            nint address = (nint)before.Pointer;
            GC.Collect(2, GCCollectionMode.Forced, blocking: true, compacting: true);
            using MemoryHandle after = block.Memory.Pin();
            Assert.Equal(address, (nint)after.Pointer);
        }

        return Task.CompletedTask;
    });

    [Fact]
    public Task It_keeps_so_many_and_no_more() => OnShard(() =>
    {
        ShardBlockPool pool = SegmentPool.Of(Shard).Blocks;
        IMemoryOwner<byte>[] all = [.. Enumerable.Range(0, ShardBlockPool.MostKept + 10).Select(_ => pool.Rent())];

        Array.ForEach(all, block => block.Dispose());

        Assert.Equal(ShardBlockPool.MostKept, pool.Free);
        return Task.CompletedTask;
    });

    [Fact]
    public Task More_than_a_block_is_refused() => OnShard(() =>
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => SegmentPool.Of(Shard).Blocks.Rent(ShardBlockPool.BlockSize + 1));
        return Task.CompletedTask;
    });

    [Fact]
    public async Task Elsewhere_it_gives_and_takes_blocks_without_touching_the_list()
    {
        ShardBlockPool pool = await Shard.InvokeAsync(() => SegmentPool.Of(Shard).Blocks);
        int free = await Shard.InvokeAsync(() =>
        {
            pool.Rent().Dispose();
            return pool.Free;
        });

        IMemoryOwner<byte> elsewhere = pool.Rent();
        elsewhere.Dispose();

        Assert.Equal(free, await Shard.InvokeAsync(() => pool.Free));
    }
}
