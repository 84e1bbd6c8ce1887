using Reactor.Tests.Support;
using Xunit.Abstractions;

namespace Reactor.Tests.Shards;

/// <summary>A token ends a call before it is sent, on its way, and while it runs; and never another call.</summary>
public sealed class CrossShardCancellationTests(ITestOutputHelper output)
{
    public static TheoryData<Caller, bool> Ways => CrossShardCallTests.Ways;

    [Theory]
    [MemberData(nameof(Ways))]
    public async Task A_token_that_has_fired_before_the_call_keeps_it_from_running(Caller caller, bool useContext)
    {
        await using var callers = new Callers(useContext);
        using var cancellation = new CancellationTokenSource();
        await cancellation.CancelAsync();
        int ran = 0;
        await callers.Run(caller, async () =>
        {
            await IsCancelled(callers.Target.InvokeAsync(() => { ran++; }, cancellation.Token).AsTask(), cancellation.Token);
            await IsCancelled(callers.Target.InvokeAsync(_ => { ran++; }, 1, cancellation.Token).AsTask(), cancellation.Token);
            await IsCancelled(callers.Target.InvokeAsync(() => ran++, cancellation.Token).AsTask(), cancellation.Token);
            await IsCancelled(callers.Target.InvokeAsync(_ => ran++, 1, cancellation.Token).AsTask(), cancellation.Token);
            await IsCancelled(callers.Target.InvokeAsync(() => new ValueTask(Task.FromResult(ran++)), cancellation.Token).AsTask(), cancellation.Token);
            await IsCancelled(callers.Target.InvokeAsync(() => Task.FromResult(ran++), cancellation.Token).AsTask(), cancellation.Token);
            await IsCancelled(callers.Target.InvokeAsync(() => new ValueTask<int>(ran++), cancellation.Token).AsTask(), cancellation.Token);
            await callers.Target.InvokeAsync(static () => { }, CancellationToken.None);
        });
        Assert.Equal(0, ran);
    }

    [Theory]
    [InlineData(Caller.Sister)]
    [InlineData(Caller.OtherHost)]
    [InlineData(Caller.ThreadPool)]
    public async Task A_token_that_fires_while_the_call_is_queued_ends_the_wait_and_the_call(Caller caller)
    {
        await using var callers = new Callers();
        using var cancellation = new CancellationTokenSource();
        using var release = new ManualResetEventSlim();
        int ran = 0;
        Task blocker = await Block(callers.Target, release);
        await callers.Run(caller, async () =>
        {
            Task[] calls =
            [
                callers.Target.InvokeAsync(() => { ran++; }, cancellation.Token).AsTask(),
                callers.Target.InvokeAsync(() => new ValueTask<int>(ran++), cancellation.Token).AsTask(),
            ];
            await cancellation.CancelAsync();
            foreach (Task call in calls)
            {
                await IsCancelled(call, cancellation.Token);
            }

            release.Set();
            await callers.Target.InvokeAsync(static () => { }, CancellationToken.None);
        });
        await blocker;
        Assert.Equal(0, ran);
    }

    [Theory]
    [InlineData(Caller.Sister)]
    [InlineData(Caller.Self)]
    [InlineData(Caller.OtherHost)]
    [InlineData(Caller.ThreadPool)]
    public async Task A_token_that_fires_while_the_function_runs_ends_the_wait_and_lets_the_function_go_on(Caller caller)
    {
        await using var callers = new Callers();
        using var cancellation = new CancellationTokenSource();
        var runs = new TaskCompletionSource();
        var goOn = new TaskCompletionSource();
        var ended = new TaskCompletionSource<Shard?>();
        await callers.Run(caller, async () =>
        {
            Task call = callers.Target.InvokeAsync(
                async () =>
                {
                    runs.SetResult();
                    await goOn.Task;
                    ended.SetResult(Shard.Current);
                },
                cancellation.Token).AsTask();
            await runs.Task;
            await cancellation.CancelAsync();
            await IsCancelled(call, cancellation.Token);
        });
        Assert.False(ended.Task.IsCompleted);
        goOn.SetResult();
        Assert.Same(callers.Target, await Eventually.Ends(ended.Task, "the function"));
    }

    [Theory]
    [MemberData(nameof(Ways))]
    public async Task A_token_that_fires_after_the_call_does_nothing(Caller caller, bool useContext)
    {
        await using var callers = new Callers(useContext);
        await callers.Run(caller, async () =>
        {
            for (int i = 0; i < 100; i++)
            {
                using var cancellation = new CancellationTokenSource();
                Assert.Equal(i, await callers.Target.InvokeAsync(static number => number, i, cancellation.Token));
                ValueTask<int> next = callers.Target.InvokeAsync(static number => number, -i, CancellationToken.None);
                cancellation.Cancel();
                Assert.Equal(-i, await next);
            }
        });
    }

    [Fact]
    public async Task A_cancelled_call_ends_on_its_shard_at_once_and_not_when_it_comes_home()
    {
        await using var callers = new Callers();
        using var cancellation = new CancellationTokenSource();
        using var release = new ManualResetEventSlim();
        Task blocker = await Block(callers.Target, release);
        await callers.Run(Caller.Sister, async () =>
        {
            ValueTask<int> call = callers.Target.InvokeAsync(static () => 1, cancellation.Token);
            cancellation.Cancel();
            Assert.True(call.IsCanceled);
            await Assert.ThrowsAsync<OperationCanceledException>(async () => await call);

            // The object is away still: it must not be used for this one.
            ValueTask<int> next = callers.Target.InvokeAsync(static () => 2, CancellationToken.None);
            Assert.False(next.IsCompleted);
            release.Set();
            Assert.Equal(2, await next);
        });
        await blocker;
    }

    [Fact]
    public async Task A_call_that_is_home_but_was_not_awaited_before_its_token_fired_has_its_result()
    {
        await using var callers = new Callers();
        using var cancellation = new CancellationTokenSource();
        await callers.Run(Caller.Sister, async () =>
        {
            ValueTask<int> call = callers.Target.InvokeAsync(static () => 1, cancellation.Token);
            await callers.Target.InvokeAsync(static () => { }, CancellationToken.None);
            cancellation.Cancel();
            Assert.True(call.IsCompletedSuccessfully);
            Assert.Equal(1, await call);
        });
    }

    /// <remarks>
    /// Tokens fire on the shard and on other threads, before, while and after the calls are away. Each call ends with its
    /// own result or with its own token's cancellation: an object that is used again too early would bring another's.
    /// </remarks>
    [Theory]
    [InlineData(Caller.Sister, true)]
    [InlineData(Caller.Sister, false)]
    [InlineData(Caller.Self, true)]
    [InlineData(Caller.Self, false)]
    [InlineData(Caller.OtherHost, true)]
    [InlineData(Caller.OtherHost, false)]
    [InlineData(Caller.ThreadPool, true)]
    public async Task Calls_with_cancellations_at_random_each_end_with_what_is_theirs(Caller caller, bool useContext)
    {
        const int Loops = 8;
        const int Rounds = 1_500;
        Random seeds = Seed.Random(output);
        int[] seedOfLoop = [.. Enumerable.Range(0, Loops).Select(_ => seeds.Next())];
        int cancelled = 0;
        int answered = 0;
        await using var callers = new Callers(useContext);
        Shard target = callers.Target;
        await callers.Run(caller, () => Task.WhenAll(seedOfLoop.Select(Loop)));
        output.WriteLine($"{cancelled} cancelled, {answered} answered");
        Assert.Equal(Loops * Rounds, cancelled + answered);
        Assert.True(cancelled > Rounds / 10 && answered > Rounds / 10, $"{cancelled} cancelled, {answered} answered");

        async Task Loop(int seed)
        {
            var random = new Random(seed);
            for (int round = 0; round < Rounds; round++)
            {
                int number = (seed ^ round) * 2;
                using var cancellation = new CancellationTokenSource();
                ValueTask<int> call = Start(random.Next(4), number, cancellation.Token);
                switch (random.Next(5))
                {
                    case 0:
                        cancellation.Cancel();
                        break;
                    case 1:
                        _ = ThreadPool.UnsafeQueueUserWorkItem(static source => Fire(source), cancellation, preferLocal: false);
                        break;
                    case 2:
                        target.Post(static source => Fire(source), cancellation);
                        break;
                    case 3:
                        await target.InvokeAsync(static () => { }, CancellationToken.None);
                        cancellation.Cancel();
                        break;
                }

                try
                {
                    Assert.Equal(number + 1, await call);
                    Interlocked.Increment(ref answered);
                }
                catch (OperationCanceledException exception)
                {
                    Assert.Equal(cancellation.Token, exception.CancellationToken);
                    Interlocked.Increment(ref cancelled);
                }
            }
        }

        ValueTask<int> Start(int form, int number, CancellationToken token) => form switch
        {
            0 => target.InvokeAsync(static number => number + 1, number, token),
            1 => target.InvokeAsync(static number => new ValueTask<int>(number + 1), number, token),
            2 => target.InvokeAsync(
                static async number =>
                {
                    await Shard.Delay(TimeSpan.Zero, CancellationToken.None);
                    return number + 1;
                },
                number,
                token),
            _ => target.InvokeAsync(
                static async number =>
                {
                    await Task.Yield();
                    return number + 1;
                },
                number,
                token),
        };

        static void Fire(CancellationTokenSource source)
        {
            try
            {
                source.Cancel();
            }
            catch (ObjectDisposedException)
            {
                // The call was over before.
            }
        }
    }

    private static async Task IsCancelled(Task call, CancellationToken token)
    {
        OperationCanceledException exception = await Assert.ThrowsAnyAsync<OperationCanceledException>(() => call);
        Assert.True(call.IsCanceled);
        Assert.Equal(token, exception.CancellationToken);
    }

    /// <summary>Keeps a shard from taking anything in until it is released.</summary>
    private static async Task<Task> Block(Shard shard, ManualResetEventSlim release)
    {
        var blocks = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        Task blocker = shard.InvokeAsync(() =>
        {
            blocks.SetResult();
            Assert.True(release.Wait(Eventually.Deadline), "nobody released the shard");
        }).AsTask();
        await blocks.Task;
        return blocker;
    }
}
