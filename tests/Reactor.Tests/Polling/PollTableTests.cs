using Reactor.Polling;
using Tmds.Linux;

namespace Reactor.Tests.Polling;

public sealed unsafe class PollTableTests : IDisposable
{
    private const ushort Opcode = 5;
    private readonly PollTable _table = new();

    [Fact]
    public void An_entry_has_one_iocb_for_reading_and_one_for_writing()
    {
        int handle = Add(77);
        int read = PollTable.SlotOf(handle, PollDirection.Read);
        int write = PollTable.SlotOf(handle, PollDirection.Write);
        Assert.NotEqual(read, write);
        foreach ((int slot, int events) in ((int, int)[])[(read, LibC.POLLIN), (write, LibC.POLLOUT)])
        {
            iocb iocb = *_table.Iocb(slot);
            Assert.Equal(77, iocb.aio_fildes);
            Assert.Equal(Opcode, iocb.aio_lio_opcode);
            Assert.Equal((ulong)events, iocb.aio_buf);
            Assert.Equal(slot, PollTable.SlotOf(iocb.aio_data));
            Assert.Equal(handle, PollTable.HandleOf(slot));
            Assert.True(_table.IsCurrent(iocb.aio_data));
            Assert.Equal(PollSlotState.Idle, _table.Slot(slot).State);
        }
    }

    [Fact]
    public void A_handle_that_is_used_again_has_another_generation()
    {
        int first = Add(5);
        ulong stale = _table.Iocb(PollTable.SlotOf(first, PollDirection.Read))->aio_data;
        _table.Remove(first);
        Assert.False(_table.IsCurrent(stale));
        int second = Add(5);
        Assert.Equal(first, second);
        Assert.False(_table.IsCurrent(stale));
        Assert.True(_table.IsCurrent(_table.Iocb(PollTable.SlotOf(second, PollDirection.Read))->aio_data));
    }

    [Fact]
    public void A_slot_that_the_table_never_had_is_not_current()
    {
        Assert.False(_table.IsCurrent(0));
        Add(5);
        Assert.False(_table.IsCurrent(PollTable.Identity(1_000_000, 0)));
        Assert.False(_table.IsCurrent(PollTable.Identity(-1, 0)));
    }

    [Theory]
    [InlineData(0, 0u)]
    [InlineData(1, uint.MaxValue)]
    [InlineData(int.MaxValue, 1u)]
    public void An_identity_carries_slot_and_generation(int slot, uint generation)
    {
        ulong identity = PollTable.Identity(slot, generation);
        Assert.Equal(slot, PollTable.SlotOf(identity));
        Assert.Equal(generation, (uint)(identity >> 32));
    }

    [Fact]
    public void Growth_moves_no_iocb_and_no_entry()
    {
        const int Count = 5000;
        int[] handles = new int[Count];
        nint[] addresses = new nint[Count];
        for (int i = 0; i < Count; i++)
        {
            handles[i] = Add(i);
            addresses[i] = (nint)_table.Iocb(PollTable.SlotOf(handles[i], PollDirection.Write));
        }

        Assert.Equal(Count, handles.Distinct().Count());
        Assert.Equal(Count, addresses.Distinct().Count());
        for (int i = 0; i < Count; i++)
        {
            iocb* iocb = _table.Iocb(PollTable.SlotOf(handles[i], PollDirection.Write));
            Assert.Equal(addresses[i], (nint)iocb);
            Assert.Equal(i, iocb->aio_fildes);
            Assert.Equal(i, _table.Descriptor(handles[i]).Fd);
            Assert.True(_table.IsCurrent(iocb->aio_data));
        }
    }

    [Fact]
    public void Entries_that_were_given_back_are_used_before_the_table_grows()
    {
        int[] handles = [.. Enumerable.Range(0, 512).Select(Add)];
        foreach (int handle in handles)
        {
            _table.Remove(handle);
        }

        Assert.Equal(handles.Order(), Enumerable.Range(0, 512).Select(Add).Order());
    }

    public void Dispose() => _table.Dispose();

    private int Add(int fd) => _table.Add(fd, Opcode, LibC.POLLIN);
}
