using Xunit.Abstractions;
using static Reactor.Tests.Shards.SleepModel.SleepProtocol;

namespace Reactor.Tests.Shards.SleepModel;

/// <summary>What each step is there for: the checker finds what goes wrong without it. The output has the shortest way there.</summary>
public sealed class SleepMutationTests(ITestOutputHelper output)
{
    private const string Lost = "a wake-up is lost";
    private const string Unannounced = "a signal for a shard that has not announced a sleep";

    private static readonly MemoryModel[] s_all = Enum.GetValues<MemoryModel>();
    private static readonly MemoryModel[] s_buffered = [MemoryModel.TotalStoreOrder, MemoryModel.StoresOutOfOrder];
    private static readonly MemoryModel[] s_sequential = [MemoryModel.Sequential];

    [Fact]
    public void Without_the_sleepers_fence_a_wake_up_is_lost_in_a_store_buffer()
    {
        Fails(Lost, s_buffered, [2], [], p => p.WithShard(shard => shard.Without(SleeperFence)));
        Fails(Lost, s_buffered, [], [2], p => p.WithShard(shard => shard.Without(SleeperFence)));
        Holds(s_sequential, [2], [2], p => p.WithShard(shard => shard.Without(SleeperFence)));
    }

    [Fact]
    public void Without_the_senders_fence_a_wake_up_is_lost_in_a_store_buffer()
    {
        Fails(Lost, s_buffered, [2], [], p => p.WithSenders(sender => sender.Without(SenderFence)));
        Holds(s_sequential, [2, 1], [], p => p.WithSenders(sender => sender.Without(SenderFence)));
    }

    [Fact]
    public void A_look_at_the_sources_before_the_announcement_loses_a_wake_up()
    {
        Fails(Lost, s_all, [2], [], p => p.WithShard(shard => shard.WithMoved(Look(0), before: AnnounceSleep)));
        Fails(Lost, s_all, [], [2], p => p.WithShard(shard => shard.WithMoved(LookAtInbox, before: AnnounceSleep)));
    }

    [Fact]
    public void A_process_wide_barrier_that_misses_a_sender_loses_its_wake_up() =>
        Fails(Lost, s_buffered, [1, 1], [], p => p.WithProcessWideBarrier().WithShard(shard => shard.Without("barrier on sender1")));

    /// <summary>
    /// Even before the look at the sources: a sender whose message has been taken already may be late, take back this
    /// announcement and signal. Without its signal the shard blocks while everyone sees it awake.
    /// </summary>
    [Theory]
    [InlineData(SleeperFence)]
    [InlineData("look at ring0")]
    [InlineData(LookAtInbox)]
    [InlineData(Block)]
    public void A_drain_between_the_announcement_and_the_block_eats_a_wake_up(string before)
    {
        Fails(Lost, s_all, [2], [], p => p.WithShard(shard => shard.WithMoved(Drain, before)));
        Fails(Lost, s_all, [1], [1], p => p.WithShard(shard => shard.WithMoved(Drain, before)));
    }

    [Theory]
    [InlineData("next turn")]
    [InlineData("take from ring0")]
    [InlineData(TakeFromInbox)]
    [InlineData(AnnounceSleep)]
    public void A_drain_anywhere_else_is_harmless(string before) =>
        Holds(s_all, [2], [1], p => p.WithShard(shard => shard.WithMoved(Drain, before)));

    [Fact]
    public void Over_AIO_a_turn_that_harvested_the_wake_up_and_sleeps_has_no_poll_and_sleeps_for_ever() =>
        Fails(Lost, s_all, [2], [], p => p.OverAio().WithShard(shard => shard.Without(HarvestedAny)));

    [Fact]
    public void An_announcement_taken_back_by_a_store_takes_back_the_next_one_too()
    {
        Fails(Lost, s_buffered, [3], [], StoreInPlaceOfExchange);
        Fails(Unannounced, s_all, [1, 1], [], StoreInPlaceOfExchange);

        static SleepProtocol StoreInPlaceOfExchange(SleepProtocol p) => p.WithSenders(sender =>
            sender.WithReplaced(TakeBack, new Step(TakeBack, cpu => cpu.StoreRelease(p.Sleeper.IsAsleep, 0))));
    }

    [Fact]
    public void A_sender_that_does_not_look_signals_a_shard_that_is_awake() =>
        Fails(Unannounced, s_all, [1], [], p => p.WithSenders(sender => sender.Without(Asleep).Without(TakeBack)));

    [Fact]
    public void A_tail_that_is_not_released_shows_a_slot_before_its_message()
    {
        Fails("message 0 was taken in the place of message 1", [MemoryModel.StoresOutOfOrder], [1], [], PlainStoreOfTheTail);
        Holds([MemoryModel.TotalStoreOrder], [1], [], PlainStoreOfTheTail);

        static SleepProtocol PlainStoreOfTheTail(SleepProtocol p) => p.WithSenders(sender =>
            sender.WithReplaced(Publish, new Step(Publish, cpu => cpu.Store(p.Rings[0].Tail, 1))));
    }

    private void Fails(string fault, MemoryModel[] memories, int[] rings, int[] foreign, Func<SleepProtocol, SleepProtocol> mutate) =>
        Array.ForEach(memories, memory => mutate(new SleepProtocol(memory, rings, foreign)).Explore().AssertFails(output, fault));

    private void Holds(MemoryModel[] memories, int[] rings, int[] foreign, Func<SleepProtocol, SleepProtocol> mutate) =>
        Array.ForEach(memories, memory => mutate(new SleepProtocol(memory, rings, foreign)).Explore().AssertHolds(output));
}
