namespace Reactor.Tests.Shards.SleepModel;

/// <summary>
/// Two shards that send each other more than their rings hold. A producer whose ring is full keeps the rest back, says so in
/// the ring's flag, and may sleep; the consumer looks at the flag when it has made room.
/// </summary>
/// <remarks>
/// The flag is the producer's alone: it sets it before it announces its sleep and clears it when it is up again. A consumer
/// that cleared it could clear the flag of the producer's next wait, see a producer that is still awake, and never hear of
/// it again; FullRingMutationTests shows the way there.
/// </remarks>
internal sealed class FullRingProtocol
{
    internal const string BeginTurn = "begin a turn";
    internal const string TakeMessages = "take messages";
    internal const string FreeSlots = "free the slots";
    internal const string ConsumerFence = "consumer's fence";
    internal const string IsProducerWaiting = "is the producer waiting?";
    internal const string ProducerAsleep = "wake the producer: asleep?";

    internal const string Flush = "flush";
    internal const string Publish = "publish";
    internal const string SenderFence = "sender's fence";

    internal const string SayWaiting = "say that the producer waits";
    internal const string AnnounceSleep = "announce the sleep";
    internal const string SleeperFence = "sleeper's fence";
    internal const string LookForMessages = "look for messages";
    internal const string LookForRoom = "look for room";
    internal const string Block = "block";
    internal const string GetUp = "get up";
    internal const string StopWaiting = "the producer waits no longer";

    private static readonly Register s_worked = new(0);
    private static readonly Register s_taken = new(1);
    private static readonly Register s_tail = new(2);
    private static readonly Register s_sent = new(3);
    private static readonly Register s_head = new(4);

    private readonly Model _model;
    private readonly SleeperModel[] _sleepers;

    // By producer.
    private readonly ModelRing[] _rings;
    private readonly Variable[] _isProducerWaiting;

    /// <param name="memory">When stores become visible.</param>
    /// <param name="capacity">Of each ring.</param>
    /// <param name="messages">How many messages each of the two shards sends; 0 for none.</param>
    internal FullRingProtocol(MemoryModel memory, int capacity, params int[] messages)
    {
        _model = new Model(memory);
        _sleepers = [.. messages.Select((_, i) => new SleeperModel(_model, $"shard{i}"))];
        _rings = [.. messages.Select((count, i) => new ModelRing(_model, $"ring{i}", capacity, count))];
        _isProducerWaiting = [.. messages.Select((_, i) => _model.Variable($"ring{i}.isProducerWaiting"))];
        Shards = [.. messages.Select((_, i) => new Program($"shard{i}", [.. ShardSteps(i, 1 - i)]))];
    }

    internal Program[] Shards { get; private set; }

    internal Verdict Explore()
    {
        Array.ForEach(Shards, _model.Add);
        _model.FaultAtRest = cpu => _rings.All(ring => ring.HasDelivered(cpu)) ? null : "a wake-up is lost";
        return Explorer.Explore(_model);
    }

    internal FullRingProtocol With(Func<Program, Program> mutate)
    {
        Shards = [.. Shards.Select(mutate)];
        return this;
    }

    /// <summary>
    /// The sleeper's fence is a barrier on both threads (Interlocked.MemoryBarrierProcessWide), and neither the sender nor the
    /// consumer has one.
    /// </summary>
    internal FullRingProtocol WithProcessWideBarrier()
    {
        Shards = [.. Shards.Select((program, i) => program
            .WithReplaced(SleeperFence, new(SleeperFence, cpu => cpu.Fence()), new("barrier on the other", cpu => cpu.FenceOn(1 - i)))
            .Without(SenderFence)
            .Without(ConsumerFence))];
        return this;
    }

    /// <summary>A mutation: the flag is cleared by the consumer, before it wakes the producer, and not by the producer.</summary>
    internal FullRingProtocol WithConsumerThatClears(Action<Cpu, Variable> clear)
    {
        Shards = [.. Shards.Select((program, i) => program
            .Without(StopWaiting)
            .WithInserted(new("clear the flag", cpu => clear(cpu, _isProducerWaiting[1 - i])), ProducerAsleep))];
        return this;
    }

    private IEnumerable<Step> ShardSteps(int self, int peer) =>
    [
        Step.Local(BeginTurn, cpu => { cpu[s_worked] = 0; }),
        .. TakeSteps(_rings[peer], _sleepers[peer], _isProducerWaiting[peer]),
        .. FlushSteps(_rings[self], _sleepers[peer]),
        Step.Local("did anything?", cpu => cpu[s_worked] != 0 ? BeginTurn : null),
        .. SleepSteps(_rings[self], _rings[peer], _sleepers[self], _isProducerWaiting[self]),
    ];

    /// <summary>The consumer's side of a ring: takes all, makes room, wakes a producer that waits for it.</summary>
    private static IEnumerable<Step> TakeSteps(ModelRing ring, SleeperModel producer, Variable isProducerWaiting) =>
    [
        new(TakeMessages, cpu =>
        {
            cpu[s_tail] = cpu.Load(ring.Tail);
            return cpu[s_tail] == cpu[s_taken] ? Flush : null;
        }),
        new("read a message", cpu =>
        {
            ring.Take(cpu, cpu.Load(ring.SlotOf(cpu[s_taken]++)));
            cpu[s_worked] = 1;
            return cpu[s_tail] != cpu[s_taken] ? "read a message" : null;
        }),
        new(FreeSlots, cpu => cpu.StoreRelease(ring.Head, cpu[s_taken])),
        new(ConsumerFence, cpu => cpu.Fence()),
        new(IsProducerWaiting, cpu => cpu.Load(isProducerWaiting) != 0 ? null : Flush),
        .. producer.Wake("wake the producer", Flush),
    ];

    /// <summary>The producer's side: publishes what there is room for, wakes the consumer.</summary>
    private static IEnumerable<Step> FlushSteps(ModelRing ring, SleeperModel consumer) =>
    [
        Step.Local(Flush, cpu => cpu[s_sent] < ring.Messages ? null : "flushed"),
        new("read the head", cpu =>
        {
            cpu[s_head] = cpu.Load(ring.Head);
            return HasRoom(cpu, ring) ? null : "flushed";
        }),
        new("write a message", cpu => cpu.Store(ring.SlotOf(cpu[s_sent]), ++cpu[s_sent])),
        new(Publish, cpu =>
        {
            cpu.StoreRelease(ring.Tail, cpu[s_sent]);
            cpu[s_worked] = 1;
            return cpu[s_sent] < ring.Messages && HasRoom(cpu, ring) ? "write a message" : null;
        }),
        new(SenderFence, cpu => cpu.Fence()),
        .. consumer.Wake("wake the consumer", "flushed"),
        Step.Local("flushed", _ => null),
    ];

    private static IEnumerable<Step> SleepSteps(ModelRing own, ModelRing incoming, SleeperModel sleeper, Variable isProducerWaiting) =>
    [
        new(SayWaiting, cpu =>
        {
            if (cpu[s_sent] < own.Messages)
            {
                cpu.StoreRelease(isProducerWaiting, 1);
            }
        }),
        new(AnnounceSleep, sleeper.Announce),
        new(SleeperFence, cpu => cpu.Fence()),
        new(LookForMessages, cpu => cpu.Load(incoming.Tail) != cpu[s_taken] ? GetUp : null),
        new(LookForRoom, cpu => cpu[s_sent] < own.Messages && cpu.Load(own.Head) != cpu[s_head] ? GetUp : null),
        new(Block, sleeper.Block),
        new("drain the eventfd", sleeper.Drain),
        new(GetUp, sleeper.GetUp),
        new(StopWaiting, cpu =>
        {
            if (cpu[s_sent] < own.Messages)
            {
                cpu.StoreRelease(isProducerWaiting, 0);
            }
        }),
        Step.Local("next turn", _ => BeginTurn),
    ];

    private static bool HasRoom(Cpu cpu, ModelRing ring) => cpu[s_sent] - cpu[s_head] < ring.Capacity;
}
