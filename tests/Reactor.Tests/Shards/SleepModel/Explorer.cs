using System.Runtime.InteropServices;

namespace Reactor.Tests.Shards.SleepModel;

/// <summary>
/// Visits every state that a model can reach, whatever the order in which its threads and their store buffers move, breadth
/// first, so that a counter-example is a shortest one.
/// </summary>
/// <remarks>
/// Three things are faults: a step that says so; a state in which nothing can move and that the model does not accept as an
/// end; and a circle of states, in which threads could be busy for ever. Without them every run ends, and ends well,
/// whatever the scheduler does.
/// </remarks>
internal sealed class Explorer
{
    private readonly Model _model;
    private readonly Dictionary<byte[], int> _indices = new(new ByContent());
    private readonly List<byte[]> _states = [];

    // Of each state: the one from which it was reached first, and by which of that one's moves.
    private readonly List<(int From, Move Move)> _origins = [];

    // The states that follow each state, one list after the other; where each begins.
    private readonly List<int> _successors = [];
    private readonly List<int> _firstSuccessors = [];

    private readonly List<(Cpu Result, Move Move)> _moves = [];

    private Explorer(Model model) => _model = model;

    /// <summary>A thread does its next step, or (an entry) one store in its buffer becomes visible.</summary>
    private readonly record struct Move(int Thread, int Entry = -1);

    internal static Verdict Explore(Model model) => new Explorer(model).Explore();

    private Verdict Explore()
    {
        byte[] initial = _model.InitialState();
        for (int thread = 0; thread < _model.Threads.Count; thread++)
        {
            RunLocalSteps(new Cpu(_model, initial, thread), thread);
        }

        Visit(initial, -1, default);
        for (int i = 0; i < _states.Count; i++)
        {
            _firstSuccessors.Add(_successors.Count);
            FindMoves(_states[i]);
            foreach ((Cpu result, Move move) in _moves)
            {
                _successors.Add(Visit(result.State, i, move));
                if (result.Fault is { } fault)
                {
                    // The faulty move may lead to a state that was reached before without it.
                    return new Verdict(_states.Count, fault, [.. Trace(i), Describe(_states[i], move)]);
                }
            }

            if (_moves.Count == 0 && _model.FaultAtRest(new Cpu(_model, _states[i], 0)) is { } faultAtRest)
            {
                return new Verdict(_states.Count, faultAtRest, [.. Trace(i), .. Places(_states[i])]);
            }
        }

        return FindCircle() is { } state
            ? new Verdict(_states.Count, "busy for ever", [.. Trace(state), .. Places(_states[state])])
            : new Verdict(_states.Count, null, []);
    }

    private int Visit(byte[] state, int from, Move move)
    {
        ref int index = ref CollectionsMarshal.GetValueRefOrAddDefault(_indices, state, out bool isKnown);
        if (!isKnown)
        {
            index = _states.Count;
            _states.Add(state);
            _origins.Add((from, move));
        }

        return index;
    }

    private void FindMoves(byte[] state)
    {
        _moves.Clear();
        for (int thread = 0; thread < _model.Threads.Count; thread++)
        {
            var cpu = new Cpu(_model, state, thread);
            if (cpu.NextStep < _model.Threads[thread].Steps.Length)
            {
                TryMove(state, new Move(thread));
            }

            for (int entry = 0; entry < cpu.Buffered; entry++)
            {
                if (cpu.CanDrain(entry))
                {
                    TryMove(state, new Move(thread, entry));
                }
            }
        }
    }

    private void TryMove(byte[] state, Move move)
    {
        Cpu result = Make(state, move);
        if (!result.IsBlocked)
        {
            _moves.Add((result, move));
        }
    }

    private Cpu Make(byte[] state, Move move)
    {
        var cpu = new Cpu(_model, state.AsSpan().ToArray(), move.Thread);
        if (move.Entry >= 0)
        {
            cpu.Drain(move.Entry);
        }
        else
        {
            RunStep(cpu, move.Thread);
            RunLocalSteps(cpu, move.Thread);
        }

        return cpu;
    }

    private void RunStep(Cpu cpu, int thread)
    {
        Program program = _model.Threads[thread];
        Step step = program.Steps[cpu.NextStep];
        cpu.BeginStep(step.IsLocal);
        string? next = step.Run(cpu);
        cpu.NextStep = (byte)(next is null ? cpu.NextStep + 1 : program.IndexOf(next));
    }

    private void RunLocalSteps(Cpu cpu, int thread)
    {
        Program program = _model.Threads[thread];
        while (!cpu.IsBlocked && cpu.NextStep < program.Steps.Length && program.Steps[cpu.NextStep].IsLocal)
        {
            RunStep(cpu, thread);
        }
    }

    /// <summary>Takes away, again and again, the states into which nothing leads any more. What is left has a circle.</summary>
    private int? FindCircle()
    {
        _firstSuccessors.Add(_successors.Count);
        int[] predecessors = new int[_states.Count];
        _successors.ForEach(state => predecessors[state]++);
        var free = new Stack<int>(Enumerable.Range(0, predecessors.Length).Where(state => predecessors[state] == 0));
        while (free.TryPop(out int state))
        {
            for (int i = _firstSuccessors[state]; i < _firstSuccessors[state + 1]; i++)
            {
                if (--predecessors[_successors[i]] == 0)
                {
                    free.Push(_successors[i]);
                }
            }
        }

        int left = Array.FindIndex(predecessors, count => count > 0);
        return left < 0 ? null : left;
    }

    private List<string> Trace(int state)
    {
        List<string> trace = [];
        for (; _origins[state].From >= 0; state = _origins[state].From)
        {
            trace.Add(Describe(_states[_origins[state].From], _origins[state].Move));
        }

        trace.Reverse();
        return trace;
    }

    private string Describe(byte[] state, Move move)
    {
        Program program = _model.Threads[move.Thread];
        string step = move.Entry >= 0 ? "(store buffer)" : program.Steps[new Cpu(_model, state, move.Thread).NextStep].Name;
        return $"{program.Name,-9} {step,-45} {Make(state, move).Effect}".TrimEnd();
    }

    private IEnumerable<string> Places(byte[] state) => _model.Threads.Select((program, thread) =>
    {
        int step = new Cpu(_model, state, thread).NextStep;
        return $"{program.Name,-9} is at: {(step == program.Steps.Length ? Program.End : program.Steps[step].Name)}";
    });

    private sealed class ByContent : IEqualityComparer<byte[]>
    {
        public bool Equals(byte[]? x, byte[]? y) => x.AsSpan().SequenceEqual(y);

        public int GetHashCode(byte[] state)
        {
            var hash = default(HashCode);
            hash.AddBytes(state);
            return hash.ToHashCode();
        }
    }
}
