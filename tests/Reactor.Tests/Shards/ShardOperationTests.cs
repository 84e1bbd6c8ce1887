#pragma warning disable CA2012 // What happens to a ValueTask that is not awaited at once, or twice, is what is tested.
using Reactor.Tests.Support;

namespace Reactor.Tests.Shards;

public sealed class ShardOperationTests : ShardTests
{
    [Fact]
    public Task An_await_resumes_on_the_shard_with_its_context() => WithOperation(async operation =>
    {
        operation.Signal();
        Assert.Equal(1UL, await operation.WaitAsync());
        AssertHome();
    });

    [Fact]
    public Task An_await_ended_by_another_thread_resumes_on_the_shard() => WithOperation(async operation =>
    {
        using var timer = new Timer(_ => operation.Signal(), null, 5, Timeout.Infinite);
        Assert.Equal(1UL, await operation.WaitAsync());
        AssertHome();
    });

    [Fact]
    public Task ConfigureAwait_false_on_an_operation_stays_on_the_shard() => WithOperation(async operation =>
    {
        operation.Signal();
        await operation.WaitAsync().ConfigureAwait(false);
        AssertHome();
    });

    [Fact]
    public Task A_library_that_nests_awaits_with_ConfigureAwait_false_stays_on_the_shard_and_its_caller_comes_home() => WithOperation(async operation =>
    {
        operation.ServesLibraries = true;
        using var timer = new Timer(_ => operation.Signal(), null, 5, Timeout.Infinite);

        await OuterAsync();

        AssertHome();

        async Task OuterAsync()
        {
            await InnerAsync().ConfigureAwait(false);
            Assert.Same(operation.Shard, Shard.Current);
        }

        async Task InnerAsync()
        {
            await operation.WaitAsync().ConfigureAwait(false);
            Assert.Same(operation.Shard, Shard.Current);
        }
    });

    [Fact]
    public async Task Without_the_synchronization_context_operations_resume_on_the_shard_as_well()
    {
        await using var host = new TestHost(options => options.UseSynchronizationContext = false);
        await host.Run(async () =>
        {
            var operation = new EventOperation();
            using var timer = new Timer(_ => operation.Signal(), null, 5, Timeout.Infinite);
            await operation.WaitAsync();
            Assert.Same(host.Shard, Shard.Current);
            operation.Close();
        });
    }

    /// <remarks>A post would go through the context, which the test has put its own in place of.</remarks>
    [Fact]
    public Task An_await_resumes_without_a_post_to_the_context() => WithOperation(async operation =>
    {
        SynchronizationContext? own = SynchronizationContext.Current;
        var counting = new CountingContext();
        SynchronizationContext.SetSynchronizationContext(counting);
        operation.Signal();
        await operation.WaitAsync();
        Assert.Equal(0, counting.Posts);
        Assert.True(Shard.IsOnShard);
        SynchronizationContext.SetSynchronizationContext(own);
    });

    [Fact]
    public Task Ten_thousand_awaits_allocate_nothing() => WithOperation(async operation =>
    {
        Assert.Equal(0, await Await(operation, CancellationToken.None));
    });

    [Fact]
    public Task Ten_thousand_awaits_that_watch_a_token_allocate_nothing() => WithOperation(async operation =>
    {
        using var cancellation = new CancellationTokenSource();
        Assert.Equal(0, await Await(operation, cancellation.Token));
    });

    [Fact]
    public Task The_second_await_of_one_future_throws() => WithOperation(async operation =>
    {
        operation.Signal();
        ValueTask<ulong> future = operation.WaitAsync();
        await future;
        await Assert.ThrowsAsync<InvalidOperationException>(async () => await future);
    });

    [Fact]
    public Task A_future_of_a_former_await_does_not_see_the_next_one() => WithOperation(async operation =>
    {
        operation.Signal();
        ValueTask<ulong> former = operation.WaitAsync();
        await former;
        ValueTask<ulong> next = operation.WaitAsync();
        Assert.Throws<InvalidOperationException>(() => former.IsCompleted);
        await Assert.ThrowsAsync<InvalidOperationException>(async () => await former);
        operation.Signal();
        Assert.Equal(1UL, await next);
    });

    /// <remarks>
    /// The exception has to come when the awaiter asks whether the future has completed. One that leaves OnCompleted is
    /// thrown on the thread pool by the async method's builder, and ends the process.
    /// </remarks>
    [Fact]
    public Task Two_awaits_at_once_of_one_future_throw_for_the_second() => WithOperation(async operation =>
    {
        ValueTask<ulong> future = operation.WaitAsync();
        Task<ulong> first = future.AsTask();
        Exception? early = Record.Exception(() => future.IsCompleted);
        if (early is null)
        {
            operation.Signal();
            await first;
        }

        Assert.IsType<InvalidOperationException>(early);
        await Assert.ThrowsAsync<InvalidOperationException>(async () => await future);
        operation.Signal();
        Assert.Equal(1UL, await first);
    });

    [Fact]
    public Task Asking_for_the_result_before_the_end_throws_and_does_not_block() => WithOperation(async operation =>
    {
        ValueTask<ulong> future = operation.WaitAsync();
        Assert.False(future.IsCompleted);
        Assert.Throws<InvalidOperationException>(() => future.GetAwaiter().GetResult());
        operation.Signal();
        Assert.Equal(1UL, await future);
    });

    [Fact]
    public Task As_a_task_it_can_be_awaited_anywhere_and_often() => WithOperation(async operation =>
    {
        Task<ulong> task = operation.WaitAsync().AsTask();
        Task<ulong> elsewhere = Task.Run(async () => await task);
        operation.Signal();
        Assert.Equal(1UL, await task);
        Assert.Equal(1UL, await task);
        Assert.Equal(1UL, await elsewhere);
        AssertHome();
    });

    [Fact]
    public Task A_future_without_result_ends_as_well() => WithOperation(async operation =>
    {
        operation.Signal();
        await operation.WaitWithoutResultAsync();
        Assert.False(operation.IsBusy);
    });

    [Fact]
    public Task An_operation_that_has_completed_before_it_is_awaited_keeps_its_result() => WithOperation(async operation =>
    {
        operation.Signal();
        ValueTask<ulong> future = operation.WaitAsync();
        while (!future.IsCompleted)
        {
            await Task.Yield();
        }

        Assert.True(operation.IsBusy);
        Assert.Equal(1UL, await future);
        Assert.False(operation.IsBusy);
    });

    [Fact]
    public Task What_the_caller_lent_is_released_once_for_each_await() => WithOperation(async operation =>
    {
        for (int i = 1; i <= 5; i++)
        {
            operation.Signal();
            await operation.WaitAsync();
            Assert.Equal(i, operation.Releases);
        }
    });

    [Fact]
    public Task A_false_hint_does_not_end_the_await() => WithOperation(async operation =>
    {
        int attempts = 0;
        operation.OnAttempt = _ =>
        {
            if (++attempts == 1)
            {
                // Somebody else was faster.
                Assert.Equal(1UL, operation.Take());
            }
        };
        operation.Signal();
        ValueTask<ulong> future = operation.WaitAsync();
        while (attempts == 0)
        {
            await Task.Yield();
        }

        Assert.False(future.IsCompleted);
        operation.Signal();
        Assert.Equal(1UL, await future);
        Assert.Equal(2, attempts);
    });

    [Fact]
    public Task An_exception_of_the_attempt_fails_the_await_alone() => WithOperation(async operation =>
    {
        operation.OnAttempt = _ => throw new TimeZoneNotFoundException();
        operation.Signal();
        await Assert.ThrowsAsync<TimeZoneNotFoundException>(async () => await operation.WaitAsync());
        operation.OnAttempt = null;
        Assert.Equal(1UL, await operation.WaitAsync());
        Assert.Empty(Host.Unhandled);
    });

    [Fact]
    public Task What_begins_ready_ends_in_the_next_turn_without_a_poll() => WithOperation(async operation =>
    {
        long submitted = Shard.GetStatistics().PollsSubmitted;
        operation.Signal();
        ValueTask<ulong> future = operation.WaitReadyAsync();
        Assert.False(future.IsCompleted);
        Assert.Equal(1UL, await future);
        Assert.Equal(submitted, Shard.GetStatistics().PollsSubmitted);
    });

    [Fact]
    public Task What_begins_ready_and_finds_nothing_waits_for_its_poll() => WithOperation(async operation =>
    {
        ValueTask<ulong> future = operation.WaitReadyAsync();
        await Task.Yield();
        await Task.Yield();
        Assert.False(future.IsCompleted);
        operation.Signal();
        Assert.Equal(1UL, await future);
    });

    [Fact]
    public Task What_begins_ready_under_a_token_that_has_fired_is_not_attempted() => WithOperation(async operation =>
    {
        int attempts = 0;
        operation.OnAttempt = _ => attempts++;
        operation.Signal();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await operation.WaitReadyAsync(new CancellationToken(canceled: true)));
        Assert.Equal(0, attempts);
        Assert.Equal(1UL, operation.Take());
    });

    /// <remarks>The former await is over before its place in the run queue is reached; the next one has that place's attempt.</remarks>
    [Fact]
    public Task A_place_in_the_run_queue_left_by_a_former_await_does_not_end_the_next_one() => WithOperation(async operation =>
    {
        ValueTask<ulong> former = operation.WaitReadyAsync();
        operation.Abort(new TimeZoneNotFoundException());
        Assert.True(former.IsFaulted);
        Assert.Throws<TimeZoneNotFoundException>(() => former.GetAwaiter().GetResult());
        ValueTask<ulong> next = operation.WaitAsync();
        await Task.Yield();
        await Task.Yield();
        Assert.False(next.IsCompleted);
        operation.Signal();
        Assert.Equal(1UL, await next);
    });

    [Fact]
    public Task An_aborted_await_ends_with_the_exception_it_was_given() => WithOperation(async operation =>
    {
        ValueTask<ulong> future = operation.WaitAsync();
        operation.Abort(new TimeZoneNotFoundException());
        operation.Abort(new InvalidTimeZoneException());
        await Assert.ThrowsAsync<TimeZoneNotFoundException>(async () => await future);
        operation.Signal();
        Assert.Equal(1UL, await operation.WaitAsync());
    });

    [Fact]
    public Task Aborting_what_is_not_pending_does_nothing() => WithOperation(async operation =>
    {
        operation.Abort(new TimeZoneNotFoundException());
        operation.Signal();
        Assert.Equal(1UL, await operation.WaitAsync());
    });

    /// <inheritdoc cref="Two_awaits_at_once_of_one_future_throw_for_the_second"/>
    [Fact]
    public Task Awaiting_a_pending_future_on_another_thread_throws_and_names_the_shard() => WithOperation(async operation =>
    {
        ValueTask<ulong> future = operation.WaitAsync();
        Exception? early = await Task.Run(() => Record.Exception(() => future.IsCompleted));
        if (early is null)
        {
            operation.Signal();
            await future;
        }

        Assert.IsType<InvalidOperationException>(early);
        InvalidOperationException exception = await Assert.ThrowsAsync<InvalidOperationException>(() => Task.Run(async () => await future));
        Assert.Contains(Shard.ToString(), exception.Message, StringComparison.Ordinal);
        operation.Signal();
        Assert.Equal(1UL, await future);
    });

    [Fact]
    public Task Consuming_a_completed_future_on_another_thread_throws_and_leaves_the_result() => WithOperation(async operation =>
    {
        operation.Signal();
        ValueTask<ulong> future = operation.WaitAsync();
        while (!future.IsCompleted)
        {
            await Task.Yield();
        }

        await Assert.ThrowsAsync<InvalidOperationException>(() => Task.Run(async () => await future));
        Assert.Equal(1UL, await future);
    });

    [Fact]
    public Task The_execution_context_flows_across_awaits() => WithOperation(async operation =>
    {
        var local = new AsyncLocal<int>();
        for (int i = 1; i <= 100; i++)
        {
            local.Value = i;
            operation.Signal();
            await operation.WaitAsync();
            Assert.Equal(i, local.Value);
        }
    });

    [Fact]
    public Task A_continuation_given_by_hand_keeps_the_execution_context() => WithOperation(async operation =>
    {
        var local = new AsyncLocal<string?>();
        var seen = new TaskCompletionSource<string?>();
        local.Value = "of the awaiter";
        System.Runtime.CompilerServices.ValueTaskAwaiter<ulong> awaiter = operation.WaitAsync().GetAwaiter();
        awaiter.OnCompleted(() => seen.SetResult(local.Value));
        local.Value = "of later";
        operation.Signal();
        Assert.Equal("of the awaiter", await seen.Task);
        Assert.Equal("of later", local.Value);
        awaiter.GetResult();
    });

    [Fact]
    public Task Contexts_of_different_awaiters_do_not_mix() => WithOperation(async first =>
    {
        var local = new AsyncLocal<int>();
        var second = new EventOperation();
        Task[] loops = [Loop(first, 1), Loop(second, 2)];
        Assert.Equal(0, local.Value);
        for (int i = 0; i < 100; i++)
        {
            first.Signal();
            second.Signal();
            await Task.Yield();
        }

        while (loops.Any(loop => !loop.IsCompleted))
        {
            first.Signal();
            second.Signal();
            await Task.Delay(1);
        }

        await Task.WhenAll(loops);
        second.Close();

        async Task Loop(EventOperation operation, int value)
        {
            local.Value = value;
            for (int i = 0; i < 50; i++)
            {
                await operation.WaitAsync();
                Assert.Equal(value, local.Value);
            }
        }
    });

    [Fact]
    public Task An_exception_of_an_async_void_awaiter_is_reported_and_the_operation_is_usable() => WithOperation(async operation =>
    {
        Throwing();
        operation.Signal();
        while (Host.Unhandled.IsEmpty)
        {
            await Task.Yield();
        }

        operation.Signal();
        Assert.Equal(1UL, await operation.WaitAsync());

        async void Throwing()
        {
            await operation.WaitAsync();
            throw new TimeZoneNotFoundException();
        }
    });

    /// <remarks>A chain that always finds its descriptor ready must not keep what waits behind it from running.</remarks>
    [Fact]
    public Task A_chain_of_ready_operations_lets_others_run() => WithOperation(async operation =>
    {
        int others = 0;
        int othersDuring = 0;
        Shard.Post(Again);
        for (int i = 0; i < 100; i++)
        {
            operation.Signal();
            await operation.WaitAsync();
            othersDuring = others;
        }

        others = int.MinValue;
        Assert.True(othersDuring >= 50, $"others ran {othersDuring} times");

        void Again()
        {
            if (others >= 0)
            {
                others++;
                Shard.Post(Again);
            }
        }
    });

    /// <summary>What the awaits allocate after a warm-up; the method's own box, made at its first await, is part of that.</summary>
    private static async Task<long> Await(EventOperation operation, CancellationToken token)
    {
        const int WarmUp = 2000;
        const int Count = 10_000;
        long before = 0;
        for (int i = 0; i < WarmUp + Count; i++)
        {
            if (i == WarmUp)
            {
                before = GC.GetAllocatedBytesForCurrentThread();
            }

            operation.Signal();
            await operation.WaitAsync(token);
        }

        return GC.GetAllocatedBytesForCurrentThread() - before;
    }

    private void AssertHome()
    {
        Assert.Same(Shard, Shard.Current);
        Assert.IsType<Reactor.Scheduling.ShardSynchronizationContext>(SynchronizationContext.Current);
    }

    private Task WithOperation(Func<EventOperation, Task> body) => Host.Run(async () =>
    {
        var operation = new EventOperation();
        await body(operation);
        AssertHome();
        Assert.False(operation.IsBusy);
        operation.Close();
    });

    private sealed class CountingContext : SynchronizationContext
    {
        internal int Posts { get; private set; }

        public override void Post(SendOrPostCallback d, object? state)
        {
            Posts++;
            base.Post(d, state);
        }
    }
}
