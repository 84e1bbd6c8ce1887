namespace Reactor.Tests.Shards.SleepModel;

/// <summary>
/// One shard that sleeps when it has nothing to do, and senders that wake it: other shards, each with a ring of its own that
/// never fills, and foreign threads, which share the inbox.
/// </summary>
/// <remarks>
/// To be compared with Shard.Loop.cs and Shard.Sleep.cs line by line: a step here is an access there. What is not modelled:
/// loads out of order (every one there is a volatile read) and more than a few messages.
/// </remarks>
internal sealed class SleepProtocol
{
    internal const string BeginTurn = "begin a turn";
    internal const string TakeFromInbox = "take from the inbox";
    internal const string TakenAny = "took any?";
    internal const string AnnounceSleep = "announce the sleep";
    internal const string SleeperFence = "sleeper's fence";
    internal const string LookAtInbox = "look at the inbox";
    internal const string Block = "block";
    internal const string Drain = "drain the eventfd";
    internal const string GetUp = "get up";

    internal const string Submit = "submit";
    internal const string HarvestAgain = "harvest again";
    internal const string HarvestedAny = "harvested any?";

    internal const string BeginMessage = "begin a message";
    internal const string Publish = "publish";
    internal const string SenderFence = "sender's fence";
    internal const string Asleep = "wake: asleep?";
    internal const string TakeBack = "wake: take the announcement back";
    internal const string NextMessage = "next message";

    // The shard's registers: from 2 on, how far it has taken from each ring.
    private static readonly Register s_took = new(0);
    private static readonly Register s_seen = new(1);

    // And where the shard has an AIO context: the eventfd's poll is to be armed by the next submit.
    private static readonly Register s_mustArm = new(5);
    private static readonly Register s_harvested = new(6);

    // A sender's registers.
    private static readonly Register s_sent = new(0);
    private static readonly Register s_newest = new(1);

    private readonly Model _model;
    private readonly Variable _inbox;
    private readonly Variable _inboxTaken;
    private readonly ModelRing[] _rings;
    private readonly int[] _foreign;

    /// <param name="memory">When stores become visible.</param>
    /// <param name="rings">For each sending shard, how many messages it sends.</param>
    /// <param name="foreign">For each foreign thread, how many messages it sends.</param>
    internal SleepProtocol(MemoryModel memory, int[] rings, int[] foreign)
    {
        _model = new Model(memory);
        Sleeper = new SleeperModel(_model, "shard");
        _inbox = _model.Variable("inbox");
        _inboxTaken = _model.Variable("inbox.taken");
        _rings = [.. rings.Select((messages, i) => new ModelRing(_model, $"ring{i}", messages, messages))];
        _foreign = foreign;
        Shard = new Program("shard", [.. ShardSteps()]);
        Senders = [.. _rings.Select((ring, i) => new Program($"sender{i}", [.. SenderSteps(ring)])), .. foreign.Select((_, i) => new Program($"foreign{i}", [.. ForeignSteps(i)]))];
    }

    internal Program Shard { get; private set; }

    internal Program[] Senders { get; private set; }

    internal SleeperModel Sleeper { get; }

    internal IReadOnlyList<ModelRing> Rings => _rings;

    internal static string Look(int ring) => $"look at ring{ring}";

    internal Verdict Explore()
    {
        _model.Add(Shard);
        Array.ForEach(Senders, _model.Add);
        _model.FaultAtRest = cpu => _rings.All(ring => ring.HasDelivered(cpu)) && cpu.Directly(_inboxTaken) == AllOfInbox ? null : "a wake-up is lost";
        return Explorer.Explore(_model);
    }

    internal SleepProtocol WithShard(Func<Program, Program> mutate)
    {
        Shard = mutate(Shard);
        return this;
    }

    internal SleepProtocol WithSenders(Func<Program, Program> mutate)
    {
        Senders = [.. Senders.Select(mutate)];
        return this;
    }

    /// <summary>The shard as Shard.RunLoop and Shard.Sleep are written: the eventfd is polled through the AIO context.</summary>
    internal SleepProtocol OverAio()
    {
        Shard = new Program(Shard.Name, [.. AioShardSteps()]);
        return this;
    }

    /// <summary>
    /// The sleeper's fence is a barrier on every thread of the process (Interlocked.MemoryBarrierProcessWide), and the
    /// sending shards have none.
    /// </summary>
    internal SleepProtocol WithProcessWideBarrier()
    {
        IEnumerable<Step> barriers = Senders.Select((sender, i) => new Step($"barrier on {sender.Name}", cpu => cpu.FenceOn(1 + i)));
        Shard = Shard.WithReplaced(SleeperFence, [new(SleeperFence, cpu => cpu.Fence()), .. barriers]);
        for (int i = 0; i < _rings.Length; i++)
        {
            Senders[i] = Senders[i].Without(SenderFence);
        }

        return this;
    }

    /// <summary>The protocol itself: the shard blocks on its eventfd.</summary>
    private IEnumerable<Step> ShardSteps() =>
    [
        .. TakeSteps(),
        Step.Local(TakenAny, cpu => cpu[s_took] != 0 ? BeginTurn : null),
        new(AnnounceSleep, Sleeper.Announce),
        new(SleeperFence, cpu => cpu.Fence()),
        .. LookSteps(GetUp),
        new(Block, Sleeper.Block),
        new(Drain, Sleeper.Drain),
        new(GetUp, Sleeper.GetUp),
        Step.Local("next turn", _ => BeginTurn),
    ];

    private IEnumerable<Step> AioShardSteps() =>
    [
        new("register the wake-up", Sleeper.Arm),
        .. TakeSteps(),
        .. HarvestSteps("harvest"),
        Step.Local("armed?", cpu => cpu[s_mustArm] != 0 ? null : HarvestAgain),
        new(Submit, cpu =>
        {
            Sleeper.Arm(cpu);
            cpu[s_mustArm] = 0;
        }),
        Step.Local(HarvestAgain, cpu => { cpu[s_harvested] = 0; }),
        .. HarvestSteps("last harvest"),
        Step.Local(TakenAny, cpu => cpu[s_took] != 0 ? BeginTurn : null),
        Step.Local(HarvestedAny, cpu => cpu[s_harvested] != 0 ? BeginTurn : null),
        new(AnnounceSleep, Sleeper.Announce),
        new(SleeperFence, cpu => cpu.Fence()),
        .. LookSteps(GetUp),
        new(Block, Sleeper.BlockInAio),
        new(GetUp, Sleeper.GetUp),
        Step.Local("next turn", _ => BeginTurn),
    ];

    /// <summary>Takes the poll's completion from the ring; Shard.WakeUpWaiter.OnReady drains the eventfd and asks for another poll.</summary>
    private IEnumerable<Step> HarvestSteps(string name) =>
    [
        new(name, cpu => Sleeper.Harvest(cpu) ? null : $"{name} ends"),
        new($"{name}: {Drain}", Sleeper.Drain),
        Step.Local($"{name}: ask for a poll", cpu => { cpu[s_mustArm] = cpu[s_harvested] = 1; }),
        Step.Local($"{name} ends", _ => null),
    ];

    /// <summary>A turn begins: takes what is visible in every source, and knows whether that was anything.</summary>
    private IEnumerable<Step> TakeSteps() =>
    [
        Step.Local(BeginTurn, cpu => { cpu[s_took] = 0; }),
        .. _rings.SelectMany(TakeFromRingSteps),
        new(TakeFromInbox, cpu => cpu.Load(_inbox) != 0 ? null : "the sources are empty"),
        new("take all", TakeAllOfInbox),

        // What was seen matters no more: without it there are fewer states.
        Step.Local("the sources are empty", cpu => { cpu[s_seen] = 0; }),
    ];

    private IEnumerable<Step> TakeFromRingSteps(ModelRing ring, int i) =>
    [
        new($"take from {ring.Name}", cpu => { cpu[s_seen] = cpu.Load(ring.Tail); }),
        Step.Local($"{ring.Name} is empty?", cpu => cpu[s_seen] == cpu[Taken(i)] ? $"{ring.Name} is done" : null),
        new($"read a message of {ring.Name}", cpu =>
        {
            ring.Take(cpu, cpu.Load(ring.SlotOf(cpu[Taken(i)]++)));
            cpu[s_took] = 1;
            return $"{ring.Name} is empty?";
        }),
        Step.Local($"{ring.Name} is done", _ => null),
    ];

    /// <summary>After the announcement: whoever has not seen it has published before, and is seen here.</summary>
    private IEnumerable<Step> LookSteps(string hasWork) =>
    [
        .. _rings.Select((ring, i) => new Step(Look(i), cpu => cpu.Load(ring.Tail) != cpu[Taken(i)] ? hasWork : null)),
        new(LookAtInbox, cpu => cpu.Load(_inbox) != 0 ? hasWork : null),
    ];

    private IEnumerable<Step> SenderSteps(ModelRing ring) =>
    [
        new(BeginMessage, cpu => cpu.Store(ring.SlotOf(cpu[s_sent]), ++cpu[s_sent])),
        new(Publish, cpu => cpu.StoreRelease(ring.Tail, cpu[s_sent])),
        new(SenderFence, cpu => cpu.Fence()),
        .. Sleeper.Wake("wake", NextMessage),
        Step.Local(NextMessage, cpu => cpu[s_sent] < ring.Messages ? BeginMessage : Program.End),
    ];

    /// <summary>Inbox.TryPush: the compare-and-exchange is the fence.</summary>
    private IEnumerable<Step> ForeignSteps(int sender) =>
    [
        new(BeginMessage, cpu => { cpu[s_newest] = cpu.Load(_inbox); }),
        new(Publish, cpu => cpu.CompareExchange(_inbox, cpu[s_newest] | InboxBit(sender, cpu[s_sent]), cpu[s_newest]) == cpu[s_newest] ? null : BeginMessage),
        Step.Local("sent", cpu => { cpu[s_sent]++; }),
        .. Sleeper.Wake("wake", NextMessage),
        Step.Local(NextMessage, cpu => cpu[s_sent] < _foreign[sender] ? BeginMessage : Program.End),
    ];

    /// <summary>The inbox is a set of bits, one for each message of each foreign thread: the stack's order does not matter here.</summary>
    private int InboxBit(int sender, int message) => 1 << (_foreign.Take(sender).Sum() + message);

    private int AllOfInbox => (1 << _foreign.Sum()) - 1;

    private void TakeAllOfInbox(Cpu cpu)
    {
        byte messages = cpu.Exchange(_inbox, 0);
        ref byte taken = ref cpu.Directly(_inboxTaken);
        if ((taken & messages) != 0)
        {
            cpu.Fail("a message of the inbox was taken twice");
        }

        taken |= messages;
        cpu[s_took] = 1;
    }

    private static Register Taken(int ring) => new((byte)(2 + ring));
}
