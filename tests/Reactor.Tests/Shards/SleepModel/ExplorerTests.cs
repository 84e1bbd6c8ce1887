namespace Reactor.Tests.Shards.SleepModel;

/// <summary>The explorer itself, on small programs of which the outcome is known.</summary>
public sealed class ExplorerTests
{
    private static readonly Register s_result = new(0);

    /// <summary>Two threads store and then look at each other's variable: with store buffers both may see nothing.</summary>
    [Theory]
    [InlineData(MemoryModel.Sequential, false, false)]
    [InlineData(MemoryModel.TotalStoreOrder, false, true)]
    [InlineData(MemoryModel.TotalStoreOrder, true, false)]
    [InlineData(MemoryModel.StoresOutOfOrder, false, true)]
    [InlineData(MemoryModel.StoresOutOfOrder, true, false)]
    public void Store_buffering(MemoryModel memory, bool isFenced, bool isPossible)
    {
        var model = new Model(memory);
        Variable x = model.Variable("x");
        Variable y = model.Variable("y");
        model.Add(Thread("a", x, y));
        model.Add(Thread("b", y, x));
        model.FaultAtRest = cpu => cpu[s_result] == 0 && new Cpu(model, cpu.State, 1)[s_result] == 0 ? "both saw nothing" : null;
        Assert.Equal(isPossible, Explorer.Explore(model).Fault is not null);

        Program Thread(string name, Variable own, Variable other)
        {
            var program = new Program(name,
            [
                new("store", cpu => cpu.StoreRelease(own, 1)),
                new("fence", cpu => cpu.Fence()),
                new("load", cpu => { cpu[s_result] = cpu.Load(other); }),
            ]);
            return isFenced ? program : program.Without("fence");
        }
    }

    /// <summary>One thread writes a message and then a flag; the other may see the flag without the message.</summary>
    [Theory]
    [InlineData(MemoryModel.TotalStoreOrder, false, false)]
    [InlineData(MemoryModel.StoresOutOfOrder, false, true)]
    [InlineData(MemoryModel.StoresOutOfOrder, true, false)]
    public void Message_passing(MemoryModel memory, bool isReleased, bool isPossible)
    {
        var model = new Model(memory);
        Variable message = model.Variable("message");
        Variable flag = model.Variable("flag");
        model.Add(new Program("writer",
        [
            new("write", cpu => cpu.Store(message, 1)),
            isReleased ? new("release", cpu => cpu.StoreRelease(flag, 1)) : new("store", cpu => cpu.Store(flag, 1)),
        ]));
        model.Add(new Program("reader",
        [
            new("flag?", cpu => cpu.Load(flag) == 1 ? null : Program.End),
            new("read", cpu =>
            {
                if (cpu.Load(message) == 0)
                {
                    cpu.Fail("a flag without its message");
                }
            }),
        ]));
        Assert.Equal(isPossible, Explorer.Explore(model).Fault is not null);
    }

    [Fact]
    public void A_thread_sees_its_own_stores_and_the_last_one_stays()
    {
        foreach (MemoryModel memory in Enum.GetValues<MemoryModel>())
        {
            var model = new Model(memory);
            Variable x = model.Variable("x");
            model.Add(new Program("thread",
            [
                new("one", cpu => cpu.Store(x, 1)),
                new("two", cpu => cpu.Store(x, 2)),
                new("load", cpu => { cpu[s_result] = cpu.Load(x); }),
            ]));
            model.FaultAtRest = cpu => cpu[s_result] == 2 && cpu.Directly(x) == 2 ? null : "not two";
            Assert.Null(Explorer.Explore(model).Fault);
        }
    }

    [Fact]
    public void Threads_that_may_be_busy_for_ever_are_a_fault()
    {
        var model = new Model(MemoryModel.TotalStoreOrder);
        Variable x = model.Variable("x");
        model.Add(new Program("spinner", [new("spin", cpu => cpu.Load(x) == 0 ? "spin" : null)]));
        Assert.Equal("busy for ever", Explorer.Explore(model).Fault);
    }

    [Fact]
    public void A_step_with_two_accesses_is_refused()
    {
        var model = new Model(MemoryModel.TotalStoreOrder);
        Variable x = model.Variable("x");
        model.Add(new Program("thread", [new("increment", cpu => cpu.Store(x, cpu.Load(x) + 1))]));
        Assert.Throws<InvalidOperationException>(() => Explorer.Explore(model));
    }
}
