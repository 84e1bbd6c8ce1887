using System.Runtime.InteropServices;
using Reactor.Kernel;
using Reactor.Tests.Support;
using Tmds.Linux;
using Xunit.Abstractions;

namespace Reactor.Tests.Kernel;

/// <summary>The ring on memory of our own: what the kernel would do to it is done by the test.</summary>
public sealed unsafe class AioRingTests(ITestOutputHelper output) : IDisposable
{
    private const int Size = 7;

    private readonly aio_ring* _header = MakeRing();

    [Fact]
    public void A_header_as_it_should_be_is_read()
    {
        Assert.True(AioRing.TryRead(_header, Size, out AioRing ring));
        Assert.True(ring.IsReadable);
        Assert.Equal(Size, ring.Size);
        Assert.False(ring.HasEvents);
    }

    [Theory]
    [InlineData("magic", 0xa10a10a2u)]
    [InlineData("magic", 0u)]
    [InlineData("compat", 0u)]
    [InlineData("compat", 3u)]
    [InlineData("incompat", 1u)]
    [InlineData("length", 0u)]
    [InlineData("length", 31u)]
    [InlineData("length", 64u)]
    [InlineData("nr", 0u)]
    [InlineData("nr", Size - 1u)]
    [InlineData("head", (uint)Size)]
    [InlineData("head", uint.MaxValue)]
    [InlineData("tail", (uint)Size)]
    [InlineData("tail", uint.MaxValue)]
    public void A_header_with_one_field_amiss_is_refused(string field, uint value)
    {
        switch (field)
        {
            case "magic": _header->magic = value; break;
            case "compat": _header->compat_features = value; break;
            case "incompat": _header->incompat_features = value; break;
            case "length": _header->header_length = value; break;
            case "nr": _header->nr = value; break;
            case "head": _header->head = value; break;
            default: _header->tail = value; break;
        }

        Assert.False(AioRing.TryRead(_header, Size, out AioRing ring));
        Assert.False(ring.IsReadable);
    }

    [Fact]
    public void No_ring_is_refused()
    {
        Assert.False(AioRing.TryRead(null, Size, out AioRing ring));
        Assert.False(ring.IsReadable);
    }

    [Fact]
    public void A_kernel_with_a_ring_that_is_not_understood_is_asked_by_system_call()
    {
        using AioContext context = Contexts.Create(8, useRing: false);
        Assert.False(context.ReadsRing);
        Assert.Equal(0, context.RingSize);
        Assert.True(context.HasEvents);
        io_event unused;
        Assert.Equal(0, context.Harvest(&unused, 1));
    }

    [Fact]
    public void Events_come_out_in_order_across_every_wrap_around()
    {
        Random random = Seed.Random(output);
        Assert.True(AioRing.TryRead(_header, Size, out AioRing ring));
        var model = new Queue<ulong>();
        var events = (io_event*)(_header + 1);
        io_event* taken = stackalloc io_event[Size];
        ulong next = 0;
        for (int round = 0; round < 100_000; round++)
        {
            // The kernel leaves one place free, to tell a full ring from an empty one.
            for (int room = random.Next(Size - model.Count); room > 0; room--)
            {
                events[_header->tail].data = next;
                _header->tail = (_header->tail + 1) % Size;
                model.Enqueue(next++);
            }

            Assert.Equal(model.Count > 0, ring.HasEvents);
            int capacity = random.Next(Size + 1);
            int count = ring.Take(taken, capacity);
            Assert.Equal(Math.Min(capacity, model.Count), count);
            for (int i = 0; i < count; i++)
            {
                Assert.Equal(model.Dequeue(), taken[i].data);
            }
        }
    }

    public void Dispose() => NativeMemory.Free(_header);

    private static aio_ring* MakeRing()
    {
        var header = (aio_ring*)NativeMemory.AllocZeroed((nuint)(sizeof(aio_ring) + (Size * sizeof(io_event))));
        header->nr = Size;
        header->magic = 0xa10a10a1;
        header->compat_features = 1;
        header->header_length = 32;
        return header;
    }
}
