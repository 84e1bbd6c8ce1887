namespace Reactor.Tests.Shards.SleepModel;

/// <summary>
/// What a shard needs for sleeping and being woken: the announcement, the eventfd, and the poll that waits for the eventfd
/// in the AIO context; and the sender's side of it.
/// </summary>
internal sealed class SleeperModel(Model model, string name)
{
    // For the proof only: how many announcements nobody has paid a signal for.
    private readonly Variable _unpaid = model.Variable($"{name}.unpaid");

    internal Variable IsAsleep { get; } = model.Variable($"{name}.isAsleep");

    /// <summary>The count of the eventfd, in the kernel.</summary>
    internal Variable Signals { get; } = model.Variable($"{name}.signals");

    /// <summary>Whether the eventfd's poll is in the kernel. Where a shard blocks on the eventfd itself it never is.</summary>
    internal Variable IsArmed { get; } = model.Variable($"{name}.isArmed");

    /// <summary>Whether the poll's completion is in the ring.</summary>
    internal Variable HasCompleted { get; } = model.Variable($"{name}.hasCompleted");

    internal void Announce(Cpu cpu)
    {
        cpu.StoreRelease(IsAsleep, 1);
        cpu.Directly(_unpaid)++;
    }

    internal void Block(Cpu cpu) => cpu.Call(kernel => kernel.BlockUntil(kernel.Directly(Signals) > 0));

    internal void Drain(Cpu cpu) => cpu.Call(kernel => kernel.Directly(Signals) = 0);

    internal void Arm(Cpu cpu) => cpu.Call(kernel =>
    {
        bool isReady = kernel.Directly(Signals) > 0;
        kernel.Directly(isReady ? HasCompleted : IsArmed) = 1;
    });

    internal void BlockInAio(Cpu cpu) => cpu.Call(kernel => kernel.BlockUntil(kernel.Directly(HasCompleted) > 0));

    internal bool Harvest(Cpu cpu)
    {
        bool hasCompleted = false;
        cpu.Call(kernel => (hasCompleted, kernel.Directly(HasCompleted)) = (kernel.Directly(HasCompleted) > 0, 0));
        return hasCompleted;
    }

    internal void GetUp(Cpu cpu) => cpu.StoreRelease(IsAsleep, 0);

    /// <summary>Shard.Wake. The steps are called after <paramref name="what"/>, in front of a colon; the last goes on below.</summary>
    internal Step[] Wake(string what, string otherwise) =>
    [
        new($"{what}: asleep?", cpu => cpu.Load(IsAsleep) == 1 ? null : otherwise),
        new($"{what}: take the announcement back", cpu => cpu.Exchange(IsAsleep, 0) == 1 ? null : otherwise),
        new($"{what}: signal", cpu =>
        {
            Pay(cpu);
            cpu.Call(Signal);
        }),
    ];

    private void Signal(Cpu kernel)
    {
        kernel.Directly(Signals)++;
        if (kernel.Directly(IsArmed) > 0)
        {
            kernel.Directly(IsArmed) = 0;
            kernel.Directly(HasCompleted) = 1;
        }
    }

    private void Pay(Cpu cpu)
    {
        ref byte unpaid = ref cpu.Directly(_unpaid);
        if (unpaid == 0)
        {
            cpu.Fail("a signal for a shard that has not announced a sleep");
        }
        else
        {
            unpaid--;
        }
    }
}
