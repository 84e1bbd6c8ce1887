namespace Reactor.Tests.Shards.SleepModel;

/// <summary>A thread's view of a state, and what it can do to it: the memory operations of a machine with store buffers.</summary>
internal sealed class Cpu(Model model, byte[] state, int thread)
{
    private readonly int _thread = model.OffsetOf(thread);
    private int _accesses;

    /// <summary>The step cannot be done in this state. What it has done so far does not count.</summary>
    internal bool IsBlocked { get; private set; }

    /// <summary>What must never happen and has.</summary>
    internal string? Fault { get; private set; }

    /// <summary>What the step has done to memory, for a trace.</summary>
    internal string Effect { get; private set; } = "";

    internal byte[] State => state;

    internal byte this[Register register]
    {
        get => state[_thread + 1 + register.Index];
        set => state[_thread + 1 + register.Index] = value;
    }

    internal ref byte NextStep => ref state[_thread];

    internal ref byte Buffered => ref state[_thread + 1 + Model.Registers];

    /// <summary>A volatile read. The thread's own latest store comes first, whether others see it or not.</summary>
    internal byte Load(Variable variable)
    {
        Access();
        byte value = state[variable.Index];
        for (int i = Buffered - 1; i >= 0; i--)
        {
            if (VariableOf(i) == variable.Index)
            {
                value = Entry(i)[1];
                break;
            }
        }

        Effect = $"reads {variable.Name} = {value}";
        return value;
    }

    /// <summary>A plain store.</summary>
    internal void Store(Variable variable, int value) => Store(variable, value, isRelease: false);

    /// <summary>A volatile write.</summary>
    internal void StoreRelease(Variable variable, int value) => Store(variable, value, isRelease: true);

    /// <summary>Goes on when the others see every store of this thread. (They may come to see one at any time, as a step of its own.)</summary>
    internal void Fence()
    {
        Access();
        BlockUntil(Buffered == 0);
    }

    /// <summary>The part of a process-wide barrier that happens on another thread: an interrupt makes it execute a fence.</summary>
    internal void FenceOn(int other)
    {
        Access();
        BlockUntil(new Cpu(model, state, other).Buffered == 0);
    }

    /// <summary>Interlocked: a full fence, and a read and a write that nothing comes between.</summary>
    internal byte Exchange(Variable variable, int value)
    {
        Fence();
        byte old = state[variable.Index];
        state[variable.Index] = checked((byte)value);
        Effect = $"exchanges {variable.Name}: {old} → {value}";
        return old;
    }

    /// <inheritdoc cref="Exchange"/>
    internal byte CompareExchange(Variable variable, int value, int comparand)
    {
        Fence();
        byte old = state[variable.Index];
        if (old == comparand)
        {
            state[variable.Index] = checked((byte)value);
        }

        Effect = $"compares and exchanges {variable.Name}: {old} → {state[variable.Index]}";
        return old;
    }

    /// <summary>
    /// A system call: it sees and changes what belongs to the kernel at once. The real ones empty the store buffer on x86;
    /// nothing here relies on it.
    /// </summary>
    internal void Call(Action<Cpu> call)
    {
        Access();
        call(this);
    }

    internal void BlockUntil(bool condition) => IsBlocked |= !condition;

    /// <summary>A variable that needs no memory model: the kernel's, inside <see cref="Call"/>, or a count for the proof only.</summary>
    internal ref byte Directly(Variable variable) => ref state[variable.Index];

    internal void Fail(string fault) => Fault ??= fault;

    /// <summary>Whether the store at this place of the buffer may be the next to become visible.</summary>
    internal bool CanDrain(int entry)
    {
        if (entry > 0 && (model.Memory != MemoryModel.StoresOutOfOrder || IsRelease(entry)))
        {
            return false;
        }

        for (int i = 0; i < entry; i++)
        {
            if (VariableOf(i) == VariableOf(entry))
            {
                return false;
            }
        }

        return entry < Buffered;
    }

    internal void Drain(int entry)
    {
        int variable = VariableOf(entry);
        byte value = Entry(entry)[1];
        state[variable] = value;
        Effect = $"{model.NameOf(variable)} = {value} becomes visible";
        for (int i = entry; i < Buffered - 1; i++)
        {
            Entry(i + 1).CopyTo(Entry(i));
        }

        Buffered--;
        Entry(Buffered).Clear();
    }

    internal void BeginStep(bool isLocal) => _accesses = isLocal ? 1 : 0;

    private void Store(Variable variable, int value, bool isRelease)
    {
        Access();
        if (model.Memory == MemoryModel.Sequential)
        {
            state[variable.Index] = checked((byte)value);
        }
        else
        {
            if (Buffered == Model.BufferedStores)
            {
                throw new InvalidOperationException($"{model.Threads[thread].Name} needs a longer store buffer.");
            }

            Span<byte> entry = Entry(Buffered++);
            entry[0] = (byte)((variable.Index << 1) | (isRelease ? 1 : 0));
            entry[1] = checked((byte)value);
        }

        Effect = $"{(isRelease ? "releases" : "stores")} {variable.Name} = {value}";
    }

    private Span<byte> Entry(int index) => state.AsSpan(_thread + 1 + Model.Registers + 1 + (2 * index), 2);

    private int VariableOf(int entry) => Entry(entry)[0] >> 1;

    private bool IsRelease(int entry) => (Entry(entry)[0] & 1) != 0;

    private void Access()
    {
        if (++_accesses > 1)
        {
            throw new InvalidOperationException($"A step of {model.Threads[thread].Name} makes more accesses than one (or is local and makes one).");
        }
    }
}
