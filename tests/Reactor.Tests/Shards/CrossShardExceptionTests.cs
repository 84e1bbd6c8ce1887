using System.Runtime.CompilerServices;
using Reactor.Tests.Support;

namespace Reactor.Tests.Shards;

/// <summary>What a call throws on its target comes home as it was thrown there.</summary>
public sealed class CrossShardExceptionTests
{
    public static TheoryData<Caller, bool> Ways => CrossShardCallTests.Ways;

    [Theory]
    [MemberData(nameof(Ways))]
    public async Task An_exception_brings_its_stack_home_whatever_the_form(Caller caller, bool useContext)
    {
        await using var callers = new Callers(useContext);
        Shard target = callers.Target;
        await callers.Run(caller, async () =>
        {
            await BringsItsStack(() => target.InvokeAsync(Throw));
            await BringsItsStack(() => target.InvokeAsync(static _ => Throw(), 1));
            await BringsItsStack(() => Await(target.InvokeAsync(ThrowInsteadOfAnswer)));
            await BringsItsStack(() => Await(target.InvokeAsync(static _ => ThrowInsteadOfAnswer(), 1)));
            await BringsItsStack(() => target.InvokeAsync(ThrowTask));
            await BringsItsStack(() => target.InvokeAsync(static _ => ThrowTask(), 1));
            await BringsItsStack(() => Await(target.InvokeAsync(ThrowTaskOfAnswer)));
            await BringsItsStack(() => Await(target.InvokeAsync(static _ => ThrowTaskOfAnswer(), 1)));
            await BringsItsStack(() => target.InvokeAsync(ThrowLater));
            await BringsItsStack(() => target.InvokeAsync(static _ => ThrowLater(), 1));
            await BringsItsStack(() => Await(target.InvokeAsync(ThrowLaterInsteadOfAnswer)));
            await BringsItsStack(() => Await(target.InvokeAsync(static _ => ThrowLaterInsteadOfAnswer(), 1)));
        });

        static async Task BringsItsStack(Func<ValueTask> call)
        {
            TimeZoneNotFoundException exception = await Assert.ThrowsAsync<TimeZoneNotFoundException>(async () => await call());
            Assert.Contains(nameof(TheMethodThatThrows), exception.StackTrace, StringComparison.Ordinal);
        }

        static async ValueTask Await(ValueTask<int> call) => await call;
    }

    [Theory]
    [MemberData(nameof(Ways))]
    public async Task A_cancellation_by_the_function_itself_comes_home_with_its_token_and_its_stack(Caller caller, bool useContext)
    {
        await using var callers = new Callers(useContext);
        using var cancellation = new CancellationTokenSource();
        await cancellation.CancelAsync();
        await callers.Run(caller, async () =>
        {
            await IsCancelled(callers.Target.InvokeAsync(static token => TheMethodThatThrows(new OwnCancellation(token)), cancellation.Token).AsTask());
            await IsCancelled(callers.Target.InvokeAsync(
                static async token =>
                {
                    await Shard.Delay(TimeSpan.Zero, CancellationToken.None);
                    TheMethodThatThrows(new OwnCancellation(token));
                },
                cancellation.Token).AsTask());
        });

        async Task IsCancelled(Task call)
        {
            OwnCancellation exception = await Assert.ThrowsAsync<OwnCancellation>(() => call);
            Assert.Equal(cancellation.Token, exception.CancellationToken);
            Assert.Contains(nameof(TheMethodThatThrows), exception.StackTrace, StringComparison.Ordinal);
            Assert.True(call.IsCanceled);
        }
    }

    [Theory]
    [InlineData(Caller.Sister)]
    [InlineData(Caller.Self)]
    [InlineData(Caller.OtherHost)]
    [InlineData(Caller.ThreadPool)]
    public async Task An_exception_of_a_post_is_told_to_the_target_and_the_next_post_runs(Caller caller)
    {
        // Not disposed by Callers, which allows no unhandled exception.
        var callers = new Callers();
        var ran = new TaskCompletionSource();
        await callers.Run(caller, () =>
        {
            callers.Target.Post(Throw);
            callers.Target.Post(ran.SetResult);
            return Task.CompletedTask;
        });
        await Eventually.Ends(ran.Task, "the second post");
        Assert.IsType<TimeZoneNotFoundException>(Assert.Single(callers.Host.Unhandled));
        Assert.Equal(1, callers.Target.GetStatistics().UnhandledExceptions);
        callers.Host.Unhandled.Clear();
        await callers.DisposeAsync();
    }

    /// <remarks>The object of a call that failed is used again for the next.</remarks>
    [Fact]
    public async Task A_call_after_one_that_failed_brings_back_its_own_result()
    {
        await using var callers = new Callers();
        await callers.Run(Caller.Sister, async () =>
        {
            for (int i = 0; i < 1000; i++)
            {
                int number = i;
                if (i % 3 == 0)
                {
                    await Assert.ThrowsAsync<TimeZoneNotFoundException>(async () => await callers.Target.InvokeAsync(static int (_) => throw new TimeZoneNotFoundException(), number));
                }
                else
                {
                    Assert.Equal(number, await callers.Target.InvokeAsync(static int (number) => number, number));
                }
            }
        });
    }

    [Fact]
    public async Task An_exception_passes_through_every_shard_of_a_chain_of_calls()
    {
        await using var host = TestHost.Many(4);
        await host.Run(async () =>
        {
            TimeZoneNotFoundException exception = await Assert.ThrowsAsync<TimeZoneNotFoundException>(async () =>
                await host.Shards[1].InvokeAsync(async () =>
                    await host.Shards[2].InvokeAsync(async () =>
                        await host.Shards[3].InvokeAsync(ThrowLater))));
            Assert.Contains(nameof(TheMethodThatThrows), exception.StackTrace, StringComparison.Ordinal);
            Assert.Same(host.Shard, Shard.Current);
        });
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void TheMethodThatThrows(Exception exception) => throw exception;

    private static void Throw() => TheMethodThatThrows(new TimeZoneNotFoundException());

    private static int ThrowInsteadOfAnswer()
    {
        Throw();
        return 0;
    }

    private static Task ThrowTask()
    {
        Throw();
        return Task.CompletedTask;
    }

    private static Task<int> ThrowTaskOfAnswer() => Task.FromResult(ThrowInsteadOfAnswer());

    private static async ValueTask ThrowLater()
    {
        await Shard.Delay(TimeSpan.Zero);
        Throw();
    }

    private static async ValueTask<int> ThrowLaterInsteadOfAnswer()
    {
        await Shard.Delay(TimeSpan.Zero);
        return ThrowInsteadOfAnswer();
    }

    private sealed class OwnCancellation(CancellationToken token) : OperationCanceledException(token);
}
