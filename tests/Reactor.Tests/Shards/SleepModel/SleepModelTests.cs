using Xunit.Abstractions;

namespace Reactor.Tests.Shards.SleepModel;

/// <summary>No wake-up is lost, no message is taken twice, no signal is paid for without an announcement, nobody is busy for ever.</summary>
public sealed class SleepModelTests(ITestOutputHelper output)
{
    [Theory]
    [InlineData(MemoryModel.TotalStoreOrder, new[] { 3 }, new int[0])]
    [InlineData(MemoryModel.TotalStoreOrder, new int[0], new[] { 3 })]
    [InlineData(MemoryModel.TotalStoreOrder, new[] { 3, 2 }, new int[0])]
    [InlineData(MemoryModel.TotalStoreOrder, new int[0], new[] { 3, 2 })]
    [InlineData(MemoryModel.TotalStoreOrder, new[] { 2 }, new[] { 2 })]
    [InlineData(MemoryModel.StoresOutOfOrder, new[] { 2, 2 }, new int[0])]
    [InlineData(MemoryModel.StoresOutOfOrder, new[] { 2 }, new[] { 2 })]
    public void The_protocol_holds(MemoryModel memory, int[] rings, int[] foreign) =>
        new SleepProtocol(memory, rings, foreign).Explore().AssertHolds(output);

    [Theory]
    [InlineData(MemoryModel.TotalStoreOrder, new[] { 2, 1 }, new int[0])]
    [InlineData(MemoryModel.TotalStoreOrder, new[] { 2 }, new[] { 2 })]
    [InlineData(MemoryModel.StoresOutOfOrder, new[] { 3 }, new int[0])]
    public void It_holds_with_the_eventfd_polled_through_AIO(MemoryModel memory, int[] rings, int[] foreign) =>
        new SleepProtocol(memory, rings, foreign).OverAio().Explore().AssertHolds(output);

    [Theory]
    [InlineData(MemoryModel.TotalStoreOrder, new[] { 3 }, new int[0])]
    [InlineData(MemoryModel.TotalStoreOrder, new[] { 2, 1 }, new int[0])]
    [InlineData(MemoryModel.TotalStoreOrder, new[] { 2 }, new[] { 2 })]
    [InlineData(MemoryModel.StoresOutOfOrder, new[] { 2, 1 }, new int[0])]
    public void Senders_need_no_fence_where_the_sleeper_has_a_process_wide_barrier(MemoryModel memory, int[] rings, int[] foreign) =>
        new SleepProtocol(memory, rings, foreign).WithProcessWideBarrier().Explore().AssertHolds(output);
}
