using System.Diagnostics;
using Reactor.Tests.Support;

namespace Reactor.Tests.Shards;

public sealed class MessageTests : ShardTests
{
    [Fact]
    public async Task A_post_runs_on_the_shard()
    {
        var ran = new TaskCompletionSource<Shard?>();
        Shard.Post(() => ran.SetResult(Shard.Current));
        Assert.Same(Shard, await Eventually.Ends(ran.Task, "the post"));
    }

    [Fact]
    public async Task A_post_from_the_shard_itself_runs_later_and_in_order()
    {
        var seen = new List<int>();
        await Host.Run(async () =>
        {
            for (int i = 0; i < 1000; i++)
            {
                int number = i;
                Shard.Post(() => seen.Add(number));
            }

            Assert.Empty(seen);
            await Task.Yield();
            Assert.Equal(Enumerable.Range(0, 1000), seen);
        });
    }

    [Fact]
    public async Task Posts_of_many_producers_keep_the_order_of_each()
    {
        const int Producers = 4;
        const int Posts = 20_000;
        var seen = new List<int>[Producers];
        Thread[] threads = [.. Enumerable.Range(0, Producers).Select(producer => new Thread(() =>
        {
            for (int i = 0; i < Posts; i++)
            {
                int number = i;
                Shard.Post(() => (seen[producer] ??= []).Add(number));
            }
        }))];
        Array.ForEach(threads, thread => thread.Start());
        Array.ForEach(threads, thread => thread.Join());
        await Host.Run(() => 0);
        Assert.All(seen, each => Assert.Equal(Enumerable.Range(0, Posts), each));
    }

    [Fact]
    public async Task A_function_brings_back_its_result()
    {
        Assert.Equal(Shard, await Shard.InvokeAsync(() => Shard.Current));
        Assert.Null(Shard.Current);
    }

    [Fact]
    public async Task An_action_has_ended_when_its_invocation_has()
    {
        Shard? ranOn = null;
        await Shard.InvokeAsync(() => { ranOn = Shard.Current; });
        Assert.Same(Shard, ranOn);
    }

    [Fact]
    public async Task An_async_function_brings_back_its_result_and_stays_on_the_shard()
    {
        Assert.Same(Shard, await Shard.InvokeAsync(async () =>
        {
            await Task.Delay(1);
            return Shard.Current;
        }));
    }

    [Fact]
    public async Task An_async_action_has_ended_when_its_invocation_has()
    {
        Shard? ranOn = null;
        await Shard.InvokeAsync(async () =>
        {
            await Task.Delay(1);
            ranOn = Shard.Current;
        });
        Assert.Same(Shard, ranOn);
    }

    [Fact]
    public async Task Exceptions_come_back_whatever_the_form()
    {
        await Throws(async () => await Shard.InvokeAsync(new Action(() => throw new TimeZoneNotFoundException())));
        await Throws(async () => await Shard.InvokeAsync(new Func<int>(() => throw new TimeZoneNotFoundException())));
        await Throws(async () => await Shard.InvokeAsync(new Func<Task>(() => throw new TimeZoneNotFoundException())));
        await Throws(async () => await Shard.InvokeAsync(new Func<Task>(async () =>
        {
            await Task.Yield();
            throw new TimeZoneNotFoundException();
        })));
        await Throws(async () => await Shard.InvokeAsync(new Func<Task<int>>(async () =>
        {
            await Task.Yield();
            throw new TimeZoneNotFoundException();
        })));
        Assert.Empty(Host.Unhandled);

        static async Task Throws(Func<Task> invoke) => await Assert.ThrowsAsync<TimeZoneNotFoundException>(async () => await invoke());
    }

    [Fact]
    public async Task Exceptions_come_back_on_the_shard_itself()
    {
        await Host.Run(async () =>
        {
            await Assert.ThrowsAsync<TimeZoneNotFoundException>(async () => await Shard.InvokeAsync(new Action(() => throw new TimeZoneNotFoundException())));
            await Assert.ThrowsAsync<TimeZoneNotFoundException>(async () => await Shard.InvokeAsync(new Func<int>(() => throw new TimeZoneNotFoundException())));
            await Assert.ThrowsAsync<TimeZoneNotFoundException>(async () => await Shard.InvokeAsync(new Func<Task<int>>(() => throw new TimeZoneNotFoundException())));
        });
    }

    [Fact]
    public async Task On_the_shard_an_invocation_runs_at_once()
    {
        await Host.Run(() =>
        {
            int ran = 0;
            Assert.True(Shard.InvokeAsync(() => ran++).AsTask().IsCompletedSuccessfully);
            Assert.True(Shard.InvokeAsync(() => { ran++; }).AsTask().IsCompletedSuccessfully);
            return ran == 2 ? 0 : throw new InvalidOperationException("it did not run");
        });
    }

    [Fact]
    public async Task A_cancelled_function_is_a_cancelled_invocation()
    {
        using var cancellation = new CancellationTokenSource();
        await cancellation.CancelAsync();
        Task<int> invocation = Shard.InvokeAsync(() => Task.FromCanceled<int>(cancellation.Token)).AsTask();
        OperationCanceledException exception = await Assert.ThrowsAnyAsync<OperationCanceledException>(() => invocation);
        Assert.True(invocation.IsCanceled);
        Assert.Equal(cancellation.Token, exception.CancellationToken);
    }

    [Fact]
    public async Task Nothing_to_run_is_refused()
    {
        Assert.Throws<ArgumentNullException>(() => Shard.Post(null!));
        await Assert.ThrowsAsync<ArgumentNullException>(async () => await Shard.InvokeAsync((Func<int>)null!));
        await Assert.ThrowsAsync<ArgumentNullException>(async () => await Shard.InvokeAsync((Func<Task<int>>)null!));
    }

    /// <remarks>If the shard ran the caller's continuation, a caller that blocks would block the shard.</remarks>
    [Fact]
    public async Task The_callers_continuation_does_not_run_on_the_shard()
    {
        Shard? seen = Shard;
        await Task.Run(async () =>
        {
            await Shard.InvokeAsync(() => 1).ConfigureAwait(false);
            seen = Shard.Current;
        });
        Assert.Null(seen);
    }

    [Fact]
    public async Task Async_locals_of_a_posted_callback_do_not_stay_on_the_shard()
    {
        var local = new AsyncLocal<string?>();
        var seen = new TaskCompletionSource<string?>();
        Shard.Post(() => local.Value = "of the first callback");
        Shard.Post(() => seen.SetResult(local.Value));
        Assert.Null(await Eventually.Ends(seen.Task, "the second callback"));
    }

    /// <remarks>
    /// The gaps are of the length of the way to sleep, so that pushes meet every point of it. A lost wake-up would be
    /// seen as an await that does not end.
    /// </remarks>
    [Fact]
    public async Task No_wake_up_is_lost_between_work_and_sleep()
    {
        var random = new Random(1);
        long start = Stopwatch.GetTimestamp();
        for (int round = 0; round < 20_000; round++)
        {
            Thread.SpinWait(random.Next(round % 10 == 0 ? 2000 : 60));
            Assert.Equal(round, await Shard.InvokeAsync(() => round).AsTask().WaitAsync(Eventually.Deadline));
            if (Stopwatch.GetElapsedTime(start) > Eventually.Deadline)
            {
                Assert.Fail($"only {round} rounds in {Eventually.Deadline}");
            }
        }
    }

    [Fact]
    public async Task No_wake_up_of_several_threads_is_lost()
    {
        Task[] callers = [.. Enumerable.Range(0, 4).Select(caller => Task.Run(async () =>
        {
            var random = new Random(caller);
            for (int round = 0; round < 4000; round++)
            {
                Thread.SpinWait(random.Next(200));
                Assert.Equal(round, await Shard.InvokeAsync(() => round).AsTask().WaitAsync(Eventually.Deadline));
            }
        }))];
        await Eventually.Ends(Task.WhenAll(callers), "all callers");
    }
}
