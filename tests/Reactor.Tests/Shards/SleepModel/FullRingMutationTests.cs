using Xunit.Abstractions;
using static Reactor.Tests.Shards.SleepModel.FullRingProtocol;

namespace Reactor.Tests.Shards.SleepModel;

/// <inheritdoc cref="SleepMutationTests"/>
public sealed class FullRingMutationTests(ITestOutputHelper output)
{
    private static readonly MemoryModel[] s_all = Enum.GetValues<MemoryModel>();
    private static readonly MemoryModel[] s_buffered = [MemoryModel.TotalStoreOrder, MemoryModel.StoresOutOfOrder];

    [Fact]
    public void A_waiting_producer_that_does_not_look_for_room_again_sleeps_for_ever() =>
        Fails(s_all, p => p.With(shard => shard.Without(LookForRoom)));

    [Fact]
    public void A_look_for_room_before_the_announcement_is_too_early() =>
        Fails(s_all, p => p.With(shard => shard.WithMoved(LookForRoom, before: AnnounceSleep)));

    [Fact]
    public void A_producer_that_does_not_say_that_it_waits_sleeps_for_ever() =>
        Fails(s_all, p => p.With(shard => shard.Without(SayWaiting)));

    [Fact]
    public void A_producer_that_says_it_waits_after_its_last_look_sleeps_for_ever() =>
        Fails(s_all, p => p.With(shard => shard.WithMoved(SayWaiting, before: Block)));

    [Fact]
    public void Without_the_consumers_fence_a_wake_up_is_lost_in_a_store_buffer() =>
        Fails(s_buffered, p => p.With(shard => shard.Without(ConsumerFence)));

    [Fact]
    public void Without_the_sleepers_fence_a_wake_up_is_lost_in_a_store_buffer() =>
        Fails(s_buffered, p => p.With(shard => shard.Without(SleeperFence)));

    [Fact]
    public void A_consumer_that_clears_the_flag_clears_that_of_the_next_wait()
    {
        Fails(s_all, p => p.WithConsumerThatClears((cpu, flag) => cpu.StoreRelease(flag, 0)));
        Fails(s_all, p => p.WithConsumerThatClears((cpu, flag) => cpu.Exchange(flag, 0)));
    }

    /// <summary>The other repair: whoever sees the flag and then no announcement has cleared the flag before it was set.</summary>
    [Fact]
    public void A_consumer_may_clear_the_flag_by_an_exchange_if_it_is_set_after_the_announcement()
    {
        Holds(p => SetAfterTheAnnouncement(p).WithConsumerThatClears((cpu, flag) => cpu.Exchange(flag, 0)));
        Fails(s_buffered, p => SetAfterTheAnnouncement(p).WithConsumerThatClears((cpu, flag) => cpu.StoreRelease(flag, 0)));
    }

    [Fact]
    public void A_flag_that_stays_set_costs_looks_and_loses_nothing() =>
        Holds(p => p.With(shard => shard.Without(StopWaiting)));

    private static FullRingProtocol SetAfterTheAnnouncement(FullRingProtocol p) => p.With(shard => shard.WithMoved(SayWaiting, before: SleeperFence));

    private void Fails(MemoryModel[] memories, Func<FullRingProtocol, FullRingProtocol> mutate) =>
        Array.ForEach(memories, memory => mutate(new FullRingProtocol(memory, 1, 3, 0)).Explore().AssertFails(output, "a wake-up is lost"));

    private void Holds(Func<FullRingProtocol, FullRingProtocol> mutate) =>
        Array.ForEach(s_all, memory => mutate(new FullRingProtocol(memory, 1, 3, 0)).Explore().AssertHolds(output));
}
