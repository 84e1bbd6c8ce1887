using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Reactor.Shards;
using Reactor.Tests.Support;

namespace Reactor.Tests.Shards.Messages;

public sealed class SpscRingTests
{
    [Fact]
    public void What_is_added_is_seen_when_it_is_published()
    {
        var ring = new SpscRing<string>(4);
        Assert.True(ring.TryAdd("a"));
        Assert.False(ring.HasItems);
        Assert.True(ring.Publish());
        Assert.True(ring.HasItems);
        Assert.Equal(1, ring.Available());
        Assert.Equal("a", ring.Take(0));
    }

    [Fact]
    public void Publishing_nothing_new_says_so()
    {
        var ring = new SpscRing<string>(4);
        Assert.False(ring.Publish());
        ring.TryAdd("a");
        ring.Publish();
        Assert.False(ring.Publish());
    }

    [Fact]
    public void A_full_ring_refuses_until_places_are_given_back()
    {
        var ring = new SpscRing<string>(2);
        Assert.True(ring.TryAdd("a"));
        Assert.True(ring.TryAdd("b"));
        Assert.False(ring.HasRoom);
        Assert.False(ring.TryAdd("c"));
        ring.Publish();
        Assert.False(ring.TryAdd("c"));
        ring.Free(1);
        Assert.True(ring.HasRoom);
        Assert.True(ring.TryAdd("c"));
        ring.Publish();
        Assert.Equal(["b", "c"], [ring.Take(0), ring.Take(1)]);
    }

    [Fact]
    public void The_order_holds_over_many_rounds_of_the_ring()
    {
        var ring = new SpscRing<object>(8);
        int added = 0;
        int taken = 0;
        for (int round = 0; round < 1000; round++)
        {
            while (ring.TryAdd(added))
            {
                added++;
            }

            ring.Publish();
            int count = Math.Min(ring.Available(), 1 + (round % 8));
            for (int i = 0; i < count; i++)
            {
                Assert.Equal(taken++, ring.Take(i));
            }

            ring.Free(count);
        }

        Assert.True(taken > 4000);
    }

    [Fact]
    public void The_cursors_may_overflow()
    {
        var ring = new SpscRing<object>(4);
        ref RingCursors cursors = ref Cursors(ring);
        cursors.Head = cursors.Tail = cursors.Added = cursors.SeenHead = uint.MaxValue - 1;
        for (int i = 0; i < 4; i++)
        {
            Assert.True(ring.TryAdd(i));
        }

        Assert.False(ring.TryAdd(4));
        ring.Publish();
        Assert.Equal(4, ring.Available());
        Assert.Equal([0, 1, 2, 3], Enumerable.Range(0, 4).Select(ring.Take));
        ring.Free(4);
        Assert.False(ring.HasItems);
        Assert.True(ring.HasRoom);
    }

    [Fact]
    public void Two_threads_pass_a_million_items_in_order()
    {
        const int Items = 1_000_000;
        var ring = new SpscRing<object>(64);
        object[] items = [.. Enumerable.Range(0, 256).Select(i => (object)i)];
        var adder = new Thread(() =>
        {
            for (int i = 0; i < Items;)
            {
                if (ring.TryAdd(items[i % items.Length]))
                {
                    i++;
                }
                else
                {
                    ring.Publish();
                    Thread.Yield();
                }
            }

            ring.Publish();
        })
        { IsBackground = true };
        adder.Start();
        int taken = 0;
        long start = Stopwatch.GetTimestamp();
        while (taken < Items)
        {
            int count = ring.Available();
            for (int i = 0; i < count; i++)
            {
                Assert.Same(items[taken++ % items.Length], ring.Take(i));
            }

            ring.Free(count);
            if (count == 0)
            {
                Assert.True(Stopwatch.GetElapsedTime(start) < Eventually.Deadline, $"only {taken} items came");
                Thread.Yield();
            }
        }
    }

    /// <remarks>What one side writes often must not lie on a line that the other side reads often.</remarks>
    [Theory]
    [InlineData(nameof(RingCursors.Tail), nameof(RingCursors.Head))]
    [InlineData(nameof(RingCursors.Tail), nameof(RingCursors.Added))]
    [InlineData(nameof(RingCursors.Head), nameof(RingCursors.Added))]
    [InlineData(nameof(RingCursors.Head), nameof(RingCursors.SeenHead))]
    public void The_cursors_of_the_two_sides_are_apart(string one, string other) =>
        Assert.True(Math.Abs(Offset(one) - Offset(other)) >= RingCursors.Apart);

    [Fact]
    public void The_cursors_are_apart_from_what_lies_around_them()
    {
        Assert.True(Offset(nameof(RingCursors.Tail)) >= RingCursors.Apart);
        Assert.True(Unsafe.SizeOf<RingCursors>() - Offset(nameof(RingCursors.SeenHead)) >= RingCursors.Apart - sizeof(uint) - sizeof(uint));
    }

    private static int Offset(string field) => (int)Marshal.OffsetOf<RingCursors>(field);

    [UnsafeAccessor(UnsafeAccessorKind.Field, Name = "_cursors")]
    private static extern ref RingCursors Cursors(SpscRing<object> ring);
}
