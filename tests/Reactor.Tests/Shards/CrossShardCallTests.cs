using System.Reflection;
using System.Runtime.CompilerServices;
using Reactor.Tests.Support;

namespace Reactor.Tests.Shards;

/// <summary>All forms of a call, from everywhere.</summary>
public sealed class CrossShardCallTests
{
    private static readonly bool[] s_bothWays = [false, true];

    public static TheoryData<Caller, bool> Ways
    {
        get
        {
            var ways = new TheoryData<Caller, bool>();
            foreach (Caller caller in Enum.GetValues<Caller>())
            {
                ways.Add(caller, true);
                ways.Add(caller, false);
            }

            return ways;
        }
    }

    [Theory]
    [MemberData(nameof(Ways))]
    public Task A_function_runs_on_its_target_and_brings_back_its_result(Caller caller, bool useContext) => Call(caller, useContext, async target =>
    {
        Assert.Same(target, await target.InvokeAsync(() => Shard.Current));
        Assert.Equal((target, "k"), await target.InvokeAsync(static key => (Shard.Current!, key), "k"));
    });

    [Theory]
    [MemberData(nameof(Ways))]
    public Task An_action_has_run_on_its_target_when_the_call_ends(Caller caller, bool useContext) => Call(caller, useContext, async target =>
    {
        var ran = new List<Shard?>();
        await target.InvokeAsync(() => ran.Add(Shard.Current));
        await target.InvokeAsync(static ran => ran.Add(Shard.Current), ran);
        Assert.Equal([target, target], ran);
    });

    [Theory]
    [MemberData(nameof(Ways))]
    public Task An_async_function_brings_back_its_result_at_once_or_later(Caller caller, bool useContext) => Call(caller, useContext, async target =>
    {
        foreach (bool waits in s_bothWays)
        {
            Assert.Equal((target, 1), await target.InvokeAsync(() => OfValueTask(1, waits)));
            Assert.Equal((target, 2), await target.InvokeAsync(() => OfTask(2, waits)));
            Assert.Equal((target, 3), await target.InvokeAsync(static call => OfValueTask(3, call), waits));
            Assert.Equal((target, 4), await target.InvokeAsync(static call => OfTask(4, call), waits));
        }
    });

    [Theory]
    [MemberData(nameof(Ways))]
    public Task An_async_function_without_result_has_ended_when_the_call_ends(Caller caller, bool useContext) => Call(caller, useContext, async target =>
    {
        foreach (bool waits in s_bothWays)
        {
            var seen = new StrongBox<int>();
            await target.InvokeAsync(async () => seen.Value += (await OfTask(1, waits)).Item2);
            await target.InvokeAsync(new Func<ValueTask>(async () => seen.Value += (await OfTask(2, waits)).Item2));
            await target.InvokeAsync(new Func<Task>(async () => seen.Value += (await OfTask(4, waits)).Item2));
            await target.InvokeAsync(static async call => call.seen.Value += (await OfTask(8, call.waits)).Item2, (seen, waits));
            await target.InvokeAsync(static call => new ValueTask(Add(call.seen, 16, call.waits)), (seen, waits));
            await target.InvokeAsync(static call => Add(call.seen, 32, call.waits), (seen, waits));
            Assert.Equal(63, seen.Value);
        }

        static async Task Add(StrongBox<int> seen, int what, bool waits) => seen.Value += (await OfTask(what, waits)).Item2;
    });

    [Theory]
    [MemberData(nameof(Ways))]
    public Task Method_groups_are_taken_in_every_form(Caller caller, bool useContext) => Call(caller, useContext, async target =>
    {
        await target.InvokeAsync(Nothing);
        await target.InvokeAsync(NothingOf, 1);
        await target.InvokeAsync(NothingTask);
        await target.InvokeAsync(NothingTaskOf, 1);
        await target.InvokeAsync(NothingValueTask);
        await target.InvokeAsync(NothingValueTaskOf, 1);
        Assert.Equal(42, await target.InvokeAsync(Answer));
        Assert.Equal(43, await target.InvokeAsync(AnswerOf, 1));
        Assert.Equal(42, await target.InvokeAsync(AnswerTask));
        Assert.Equal(43, await target.InvokeAsync(AnswerTaskOf, 1));
        Assert.Equal(42, await target.InvokeAsync(AnswerValueTask));
        Assert.Equal(43, await target.InvokeAsync(AnswerValueTaskOf, 1));
    });

    [Theory]
    [MemberData(nameof(Ways))]
    public Task Every_form_takes_a_token_that_does_not_fire(Caller caller, bool useContext) => Call(caller, useContext, async target =>
    {
        using var cancellation = new CancellationTokenSource();
        CancellationToken token = cancellation.Token;
        await target.InvokeAsync(Nothing, token);
        await target.InvokeAsync(NothingOf, 1, token);
        await target.InvokeAsync(NothingTask, token);
        await target.InvokeAsync(NothingTaskOf, 1, token);
        await target.InvokeAsync(NothingValueTask, token);
        await target.InvokeAsync(NothingValueTaskOf, 1, token);
        Assert.Equal(42, await target.InvokeAsync(Answer, token));
        Assert.Equal(43, await target.InvokeAsync(AnswerOf, 1, token));
        Assert.Equal(42, await target.InvokeAsync(AnswerTask, token));
        Assert.Equal(43, await target.InvokeAsync(AnswerTaskOf, 1, token));
        Assert.Equal(42, await target.InvokeAsync(AnswerValueTask, token));
        Assert.Equal(43, await target.InvokeAsync(AnswerValueTaskOf, 1, token));
    });

    [Theory]
    [MemberData(nameof(Ways))]
    public Task A_post_runs_on_its_target(Caller caller, bool useContext) => Call(caller, useContext, async target =>
    {
        var first = new TaskCompletionSource<Shard?>();
        var second = new TaskCompletionSource<Shard?>();
        target.Post(() => first.SetResult(Shard.Current));
        target.Post(static second => second.SetResult(Shard.Current), second);
        Assert.Equal([target, target], await Eventually.Ends(Task.WhenAll(first.Task, second.Task), "both posts"));
    });

    [Theory]
    [MemberData(nameof(Ways))]
    public async Task After_a_call_the_caller_is_where_it_was(Caller caller, bool useContext)
    {
        await using var callers = new Callers(useContext);
        Shard? home = callers.ShardOf(caller);
        Shard target = callers.Target;
        await IsBackAfter(async () => await target.InvokeAsync(() => 1));
        await IsBackAfter(async () => await target.InvokeAsync(() => OfTask(1, waits: true)));
        await IsBackAfter(async () => await target.InvokeAsync(async () => await Task.Run(static () => { })));
        await IsBackAfter(async () => await Assert.ThrowsAsync<TimeZoneNotFoundException>(async () => await target.InvokeAsync(static async () =>
        {
            await Task.Run(static () => { });
            throw new TimeZoneNotFoundException();
        })));

        Task IsBackAfter(Func<Task> call) => callers.Run(caller, async () =>
        {
            await call();
            Assert.Same(home, Shard.Current);
        });
    }

    [Theory]
    [InlineData(Caller.Sister)]
    [InlineData(Caller.OtherHost)]
    [InlineData(Caller.ThreadPool)]
    public async Task An_async_function_that_ends_elsewhere_is_answered_all_the_same(Caller caller)
    {
        await using var callers = new Callers(useContext: false);
        await callers.Run(caller, async () => Assert.Null(await callers.Target.InvokeAsync(static async () =>
        {
            await Task.Yield();
            return Shard.Current;
        })));
    }

    /// <remarks>Without a context the end of the function is not the shard's. If it stayed in the shard's list of what it has begun, the list would grow for ever.</remarks>
    [Theory]
    [MemberData(nameof(Ways))]
    public async Task Nothing_is_left_on_the_target_of_what_has_ended(Caller caller, bool useContext)
    {
        await using var callers = new Callers(useContext);
        await callers.Run(caller, async () =>
        {
            for (int i = 0; i < 20; i++)
            {
                await callers.Target.InvokeAsync(static async () => await Task.Run(static () => { }));
                await Assert.ThrowsAsync<TimeZoneNotFoundException>(async () => await callers.Target.InvokeAsync(static async () =>
                {
                    await Task.Run(static () => { });
                    throw new TimeZoneNotFoundException();
                }));
            }
        });
        FieldInfo field = typeof(Shard).GetField("_unfinished", BindingFlags.NonPublic | BindingFlags.Instance)!;
        Eventually.Until(
            () => callers.Target.InvokeAsync(() => ((IReadOnlyCollection<object>)field.GetValue(callers.Target)!).Count).AsTask().GetAwaiter().GetResult() == 0,
            "nothing is unfinished");
    }

    [Fact]
    public async Task A_call_may_be_awaited_later_than_its_answer_comes()
    {
        await using var callers = new Callers();
        await callers.Run(Caller.Sister, async () =>
        {
            ValueTask<int> first = callers.Target.InvokeAsync(() => 1);
            ValueTask<int> second = callers.Target.InvokeAsync(() => 2);
            Assert.Equal(2, await second);
            Assert.True(first.IsCompletedSuccessfully);
            Assert.Equal(1, await first);
        });
    }

    [Fact]
    public async Task A_call_that_is_awaited_twice_throws()
    {
        await using var callers = new Callers();
        await callers.Run(Caller.Sister, async () =>
        {
#pragma warning disable CA2012 // The misuse is the point.
            ValueTask<int> call = callers.Target.InvokeAsync(() => 1);
            Assert.Equal(1, await call);
            await Assert.ThrowsAsync<InvalidOperationException>(async () => await call);
#pragma warning restore CA2012
        });
    }

    [Fact]
    public async Task A_call_becomes_a_task_that_many_may_await()
    {
        await using var callers = new Callers();
        await callers.Run(Caller.Sister, async () =>
        {
            Task<int> call = callers.Target.InvokeAsync(() => 1).AsTask();
            foreach (int answer in await Task.WhenAll(call, call, call))
            {
                Assert.Equal(1, answer);
            }
        });
    }

    /// <remarks>An async lambda fits both forms. The one that need not allocate is to be taken.</remarks>
    [Fact]
    public void Async_lambdas_choose_the_forms_with_ValueTask()
    {
        MethodInfo[] lambdas =
        [
            .. typeof(Lambdas).GetNestedTypes(BindingFlags.NonPublic)
                .SelectMany(type => type.GetMethods(BindingFlags.Instance | BindingFlags.Static | BindingFlags.NonPublic | BindingFlags.Public))
                .Where(method => method.Name.Contains(nameof(Lambdas.Invoke), StringComparison.Ordinal)),
        ];
        Assert.Equal(8, lambdas.Length);
        Assert.All(lambdas, lambda => Assert.Contains(lambda.ReturnType, new[] { typeof(ValueTask), typeof(ValueTask<int>) }));
    }

    [Theory]
    [MemberData(nameof(Ways))]
    public Task Nothing_to_run_is_refused_at_once(Caller caller, bool useContext) => Call(caller, useContext, target =>
    {
#pragma warning disable CA2012 // They throw.
        Assert.Throws<ArgumentNullException>(() => target.Post(null!));
        Assert.Throws<ArgumentNullException>(() => target.Post(null!, 1));
        Assert.Throws<ArgumentNullException>(() => { _ = target.InvokeAsync((Action)null!); });
        Assert.Throws<ArgumentNullException>(() => { _ = target.InvokeAsync((Action<int>)null!, 1); });
        Assert.Throws<ArgumentNullException>(() => { _ = target.InvokeAsync((Func<int>)null!); });
        Assert.Throws<ArgumentNullException>(() => { _ = target.InvokeAsync((Func<int, int>)null!, 1); });
        Assert.Throws<ArgumentNullException>(() => { _ = target.InvokeAsync((Func<Task>)null!); });
        Assert.Throws<ArgumentNullException>(() => { _ = target.InvokeAsync((Func<int, Task>)null!, 1); });
        Assert.Throws<ArgumentNullException>(() => { _ = target.InvokeAsync((Func<ValueTask>)null!); });
        Assert.Throws<ArgumentNullException>(() => { _ = target.InvokeAsync((Func<int, ValueTask>)null!, 1); });
        Assert.Throws<ArgumentNullException>(() => { _ = target.InvokeAsync((Func<Task<int>>)null!); });
        Assert.Throws<ArgumentNullException>(() => { _ = target.InvokeAsync((Func<int, Task<int>>)null!, 1); });
        Assert.Throws<ArgumentNullException>(() => { _ = target.InvokeAsync((Func<ValueTask<int>>)null!); });
        Assert.Throws<ArgumentNullException>(() => { _ = target.InvokeAsync((Func<int, ValueTask<int>>)null!, 1); });
#pragma warning restore CA2012
        return Task.CompletedTask;
    });

    private static async Task Call(Caller caller, bool useContext, Func<Shard, Task> body)
    {
        await using var callers = new Callers(useContext);
        await callers.Run(caller, () => body(callers.Target));
    }

    private static async ValueTask<(Shard, int)> OfValueTask(int number, bool waits) => await OfTask(number, waits);

    private static async Task<(Shard, int)> OfTask(int number, bool waits)
    {
        Shard shard = Shard.Current!;
        if (waits)
        {
            await Shard.Delay(TimeSpan.Zero);
            Assert.Same(shard, Shard.Current);
        }

        return (shard, number);
    }

    private static void Nothing()
    {
    }

    private static void NothingOf(int state)
    {
    }

    private static Task NothingTask() => Task.CompletedTask;

    private static Task NothingTaskOf(int state) => Task.CompletedTask;

    private static ValueTask NothingValueTask() => default;

    private static ValueTask NothingValueTaskOf(int state) => default;

    private static int Answer() => 42;

    private static int AnswerOf(int state) => 42 + state;

    private static Task<int> AnswerTask() => Task.FromResult(42);

    private static Task<int> AnswerTaskOf(int state) => Task.FromResult(42 + state);

    private static ValueTask<int> AnswerValueTask() => new(42);

    private static ValueTask<int> AnswerValueTaskOf(int state) => new(42 + state);

    /// <summary>Never runs: what matters is what the compiler makes of it.</summary>
    private static class Lambdas
    {
        internal static async Task Invoke(Shard shard, ReactorHost host)
        {
            await shard.InvokeAsync(async () => await Task.Yield());
            await shard.InvokeAsync(async state => await Task.Yield(), 1);
            await shard.InvokeAsync(async () =>
            {
                await Task.Yield();
                return 1;
            });
            await shard.InvokeAsync(
                async state =>
                {
                    await Task.Yield();
                    return state;
                },
                1);
            await host.InvokeOnAllAsync(async () => await Task.Yield());
            await host.InvokeOnAllAsync(async state => await Task.Yield(), 1);
            await host.MapReduceAsync(
                async shard =>
                {
                    await Task.Yield();
                    return shard.Id;
                },
                Math.Max);
            await host.MapReduceAsync(
                async shard =>
                {
                    await Task.Yield();
                    return shard.Id;
                },
                0L,
                Sum);
        }

        private static long Sum(long sum, int value) => sum + value;
    }
}
