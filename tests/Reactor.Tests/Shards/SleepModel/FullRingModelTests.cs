using Xunit.Abstractions;

namespace Reactor.Tests.Shards.SleepModel;

/// <inheritdoc cref="SleepModelTests"/>
public sealed class FullRingModelTests(ITestOutputHelper output)
{
    [Theory]
    [InlineData(MemoryModel.TotalStoreOrder, 1, 4, 0)]
    [InlineData(MemoryModel.TotalStoreOrder, 1, 2, 2)]
    [InlineData(MemoryModel.TotalStoreOrder, 2, 4, 0)]
    [InlineData(MemoryModel.TotalStoreOrder, 2, 3, 1)]
    [InlineData(MemoryModel.StoresOutOfOrder, 1, 3, 0)]
    [InlineData(MemoryModel.StoresOutOfOrder, 1, 2, 2)]
    [InlineData(MemoryModel.StoresOutOfOrder, 2, 3, 0)]
    public void The_protocol_holds(MemoryModel memory, int capacity, int sent, int sentBack) =>
        new FullRingProtocol(memory, capacity, sent, sentBack).Explore().AssertHolds(output);

    [Theory]
    [InlineData(MemoryModel.TotalStoreOrder, 1, 3, 0)]
    [InlineData(MemoryModel.TotalStoreOrder, 1, 2, 2)]
    [InlineData(MemoryModel.TotalStoreOrder, 2, 3, 0)]
    [InlineData(MemoryModel.StoresOutOfOrder, 1, 3, 0)]
    public void Only_sleepers_need_a_barrier_if_it_is_process_wide(MemoryModel memory, int capacity, int sent, int sentBack) =>
        new FullRingProtocol(memory, capacity, sent, sentBack).WithProcessWideBarrier().Explore().AssertHolds(output);
}
