namespace Reactor.Tests.Shards.SleepModel;

/// <summary>A byte that all threads see.</summary>
internal readonly record struct Variable(byte Index, string Name);

/// <summary>A byte of a thread's own.</summary>
internal readonly record struct Register(byte Index);

/// <summary>
/// Some threads, the variables they share, and what has to be true when nothing can move any more. A state of it is one
/// array of bytes: the variables, then of each thread the next step, the registers and the store buffer.
/// </summary>
internal sealed class Model(MemoryModel memory)
{
    internal const int Registers = 7;

    /// <summary>Enough for every protocol here. A thread that needs more is an error, never a silent limit.</summary>
    internal const int BufferedStores = 8;

    private const int ThreadSize = 1 + Registers + 1 + (2 * BufferedStores);

    private readonly List<(Variable Variable, byte Initial)> _variables = [];
    private readonly List<Program> _threads = [];

    internal MemoryModel Memory => memory;

    internal IReadOnlyList<Program> Threads => _threads;

    /// <summary>What is wrong with a state in which every thread is done or blocked; null if nothing is.</summary>
    internal Func<Cpu, string?> FaultAtRest { get; set; } = _ => null;

    internal Variable Variable(string name, byte initial = 0)
    {
        var variable = new Variable((byte)_variables.Count, name);
        _variables.Add((variable, initial));
        return variable;
    }

    internal void Add(Program thread) => _threads.Add(thread);

    internal string NameOf(int variable) => _variables[variable].Variable.Name;

    internal int OffsetOf(int thread) => _variables.Count + (thread * ThreadSize);

    internal byte[] InitialState()
    {
        byte[] state = new byte[OffsetOf(_threads.Count)];
        foreach ((Variable variable, byte initial) in _variables)
        {
            state[variable.Index] = initial;
        }

        return state;
    }
}
