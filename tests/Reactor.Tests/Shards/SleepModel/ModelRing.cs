namespace Reactor.Tests.Shards.SleepModel;

/// <summary>
/// The single-producer single-consumer ring between two shards, as variables. Head and tail count messages and never wrap;
/// the messages are numbered from 1, so that one that is lost, taken twice or read before it was written shows.
/// </summary>
internal sealed class ModelRing
{
    private readonly Variable[] _slots;

    // For the proof only: how many messages have been taken, in order.
    private readonly Variable _taken;

    internal ModelRing(Model model, string name, int capacity, int messages)
    {
        Name = name;
        Messages = messages;
        Tail = model.Variable($"{name}.tail");
        Head = model.Variable($"{name}.head");
        _slots = [.. Enumerable.Range(0, Math.Min(capacity, messages)).Select(i => model.Variable($"{name}[{i}]"))];
        _taken = model.Variable($"{name}.taken");
    }

    internal string Name { get; }

    /// <summary>How many messages the producer sends in all.</summary>
    internal int Messages { get; }

    internal int Capacity => _slots.Length;

    internal Variable Tail { get; }

    internal Variable Head { get; }

    internal Variable SlotOf(int position) => _slots[position % _slots.Length];

    internal void Take(Cpu cpu, byte message)
    {
        ref byte taken = ref cpu.Directly(_taken);
        if (message != ++taken)
        {
            cpu.Fail($"{Name}: message {message} was taken in the place of message {taken}");
        }
    }

    internal bool HasDelivered(Cpu cpu) => cpu.Directly(_taken) == Messages;
}
