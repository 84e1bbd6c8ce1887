using Reactor.Tests.Support;

namespace Reactor.Tests.Shards;

/// <summary>Calls and stops: a call ends, with its result or with an exception, whatever stops meanwhile.</summary>
public sealed class CrossShardStopTests
{
    private const int Rounds = 50;

    [Theory]
    [InlineData(Caller.OtherHost, true)]
    [InlineData(Caller.OtherHost, false)]
    [InlineData(Caller.ThreadPool, true)]
    [InlineData(Caller.ThreadPool, false)]
    public async Task A_call_to_a_stopped_host_throws_and_names_the_shard(Caller caller, bool useContext)
    {
        await using var callers = new Callers(useContext);
        await callers.Host.DisposeAsync();
        Shard target = callers.Target;
        await callers.Run(caller, async () =>
        {
            await Throws(() => target.InvokeAsync(() => { }));
            await Throws(() => target.InvokeAsync(static _ => { }, 1));
            await Throws(async () => await target.InvokeAsync(() => 1));
            await Throws(async () => await target.InvokeAsync(static number => number, 1));
            await Throws(() => target.InvokeAsync(async () => await Task.Yield()));
            await Throws(() => target.InvokeAsync(static async _ => await Task.Yield(), 1));
            await Throws(() => target.InvokeAsync(() => Task.CompletedTask));
            await Throws(async () => await target.InvokeAsync(() => Task.FromResult(1)));
            Assert.Contains("shard 1", Assert.Throws<ObjectDisposedException>(() => target.Post(() => { })).Message, StringComparison.Ordinal);
            Assert.Contains("shard 1", Assert.Throws<ObjectDisposedException>(() => target.Post(static _ => { }, 1)).Message, StringComparison.Ordinal);
        });

        static async Task Throws(Func<ValueTask> call) =>
            Assert.Contains("shard 1", (await Assert.ThrowsAsync<ObjectDisposedException>(async () => await call())).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(Caller.Sister)]
    [InlineData(Caller.Self)]
    [InlineData(Caller.OtherHost)]
    [InlineData(Caller.ThreadPool)]
    public async Task A_function_that_waits_on_the_target_is_ended_by_the_stop(Caller caller)
    {
        await using var callers = new Callers();
        var waits = new TaskCompletionSource();
        Task call = callers.Run(caller, () => callers.Target.InvokeAsync(async () =>
        {
            waits.SetResult();
            await Shard.Delay(Timeout.InfiniteTimeSpan);
        }).AsTask());
        await Eventually.Ends(waits.Task, "the function");
        await callers.Host.DisposeAsync();
        Assert.Contains("shard 1", (await Assert.ThrowsAsync<ObjectDisposedException>(() => call)).Message, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(CrossShardCallTests.Ways), MemberType = typeof(CrossShardCallTests))]
    public async Task A_function_that_never_ends_is_given_up_by_the_stop(Caller caller, bool useContext)
    {
        await using var callers = new Callers(useContext);
        var never = new TaskCompletionSource();
        var waits = new TaskCompletionSource();
        Task call = callers.Run(caller, () => callers.Target.InvokeAsync(async () =>
        {
            waits.SetResult();
            await never.Task;
        }).AsTask());
        await Eventually.Ends(waits.Task, "the function");
        await callers.Host.DisposeAsync();
        await Assert.ThrowsAsync<ObjectDisposedException>(() => call);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_chain_of_calls_whose_last_function_never_ends_is_given_up_by_the_stop(bool useContext)
    {
        var host = TestHost.Many(4, useContext);
        var never = new TaskCompletionSource();
        var waits = new TaskCompletionSource();
        Task<Shard?> chain = host.Run(async () =>
        {
            await Assert.ThrowsAsync<ObjectDisposedException>(async () =>
                await host.Shards[1].InvokeAsync(async () =>
                    await host.Shards[2].InvokeAsync(async () =>
                        await host.Shards[3].InvokeAsync(async () =>
                        {
                            waits.SetResult();
                            await never.Task;
                        }))));
            return Shard.Current;
        });
        await Eventually.Ends(waits.Task, "the last function");
        await host.DisposeAsync();

        // The body is itself a call that the stop may have given up before it saw its own exception.
        try
        {
            Assert.Same(host.Shard, await chain);
        }
        catch (ObjectDisposedException)
        {
        }
    }

    /// <remarks>The functions' ends come later, some on the shard that stops, some on the thread pool: they are to disturb nobody.</remarks>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_function_that_was_given_up_may_end_later(bool useContext)
    {
        for (int round = 0; round < 10; round++)
        {
            var host = TestHost.Many(2, useContext);
            var gate = new TaskCompletionSource(round % 2 == 0 ? TaskCreationOptions.RunContinuationsAsynchronously : TaskCreationOptions.None);
            var began = new TaskCompletionSource();
            var ended = new TaskCompletionSource();
            Task call = host.Run(async () => await host.Shards[1].InvokeAsync(async () =>
            {
                began.SetResult();
                await gate.Task;
                ended.SetResult();
            }));
            await Eventually.Ends(began.Task, "the function");
            Task stop = host.Host.StopAsync();
            if (round % 3 == 0)
            {
                await stop;
            }

            gate.SetResult();
            await Eventually.Ends(stop, "the stop");
            await Eventually.Ends(ended.Task, "the function's end");
            await Record.ExceptionAsync(() => call);
            Assert.Empty(host.Unhandled);
        }
    }

    /// <remarks>Whoever is turned away by the closed inbox is told; who came in just before it was closed has to be told as well.</remarks>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_call_that_arrives_last_and_never_ends_is_given_up(bool useContext)
    {
        var never = new TaskCompletionSource();
        for (int round = 0; round < Rounds; round++)
        {
            var host = TestHost.Many(2, useContext);
            var calls = new List<Task>();
            bool refused = false;
            var caller = new Thread(() =>
            {
                while (!refused)
                {
                    Task call = host.Shards[1].InvokeAsync(async () => await never.Task).AsTask();
                    calls.Add(call);
                    refused = call.IsFaulted;
                    Thread.SpinWait(200);
                }
            });
            caller.Start();
            await host.DisposeAsync();
            caller.Join();
            foreach (Task call in calls)
            {
                await Assert.ThrowsAsync<ObjectDisposedException>(() => Eventually.Ends(call, "a call to a host that has stopped"));
            }
        }
    }

    /// <remarks>
    /// Every shard and two foreign threads call without end, in all ways that take time on the target or none. The host stops
    /// at a random moment. Each call has to end as it should or with the stop's exception, and so each caller has to end.
    /// </remarks>
    [Theory]
    [InlineData(2, true)]
    [InlineData(2, false)]
    [InlineData(4, true)]
    [InlineData(4, false)]
    public async Task Calls_that_race_with_the_stop_end_with_their_result_or_with_its_exception(int shards, bool useContext)
    {
        var random = new Random(shards);
        var never = new TaskCompletionSource();
        for (int round = 0; round < Rounds; round++)
        {
            var host = TestHost.Many(shards, useContext);
            int calls = 0;
            var callers = new List<Task>();
            foreach (Shard shard in host.Shards)
            {
                // Not a call, which the stop would end.
                var done = new TaskCompletionSource();
                shard.Post(async () => await Report(done, shard.Id));
                callers.Add(done.Task);
            }

            callers.AddRange(Enumerable.Range(0, 2).Select(seed => Task.Run(() => Call(seed))));
            Eventually.Until(() => Volatile.Read(ref calls) > 10, "some calls");
            Thread.SpinWait(random.Next(20_000));
            await host.DisposeAsync();
            await Eventually.Ends(Task.WhenAll(callers), $"all callers, in round {round}");
            Assert.Empty(host.Unhandled);

            async Task Report(TaskCompletionSource done, int seed)
            {
                try
                {
                    await Call(seed);
                    done.SetResult();
                }
                catch (Exception exception)
                {
                    done.SetException(exception);
                }
            }

            async Task Call(int seed)
            {
                var random = new Random(seed);
                int refused = 0;
                while (refused < 20)
                {
                    Shard target = host.Shards[random.Next(host.Shards.Count)];
                    try
                    {
                        switch (random.Next(5))
                        {
                            case 0:
                                Assert.Equal(seed, await target.InvokeAsync(static number => number, seed));
                                break;
                            case 1:
                                Assert.Equal(seed, await target.InvokeAsync(
                                    static async number =>
                                    {
                                        await Shard.Delay(TimeSpan.Zero);
                                        return number;
                                    },
                                    seed));
                                break;
                            case 2:
                                await target.InvokeAsync(static async () => await Task.Yield());
                                break;
                            case 3:
                                Shard next = host.Shards[random.Next(host.Shards.Count)];
                                await target.InvokeAsync(static next => next.InvokeAsync(static async () => await Shard.Delay(TimeSpan.Zero)), next);
                                break;
                            case 4:
                                // Nobody waits for it but the stop, which ends it.
                                using (var cancellation = new CancellationTokenSource())
                                {
                                    ValueTask call = target.InvokeAsync(async () => await never.Task, cancellation.Token);
                                    cancellation.Cancel();
                                    await call;
                                }

                                break;
                        }

                        Interlocked.Increment(ref calls);
                    }
                    catch (OperationCanceledException)
                    {
                    }
                    catch (ObjectDisposedException)
                    {
                        refused++;
                    }
                }
            }
        }
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Posts_between_shards_that_race_with_the_stop_run_or_throw(bool useContext)
    {
        for (int round = 0; round < Rounds; round++)
        {
            var host = TestHost.Many(2, useContext);
            int accepted = 0;
            int ran = 0;
            host.Shard.Post(async () =>
            {
                try
                {
                    while (true)
                    {
                        for (int i = 0; i < 100; i++)
                        {
                            host.Shards[1].Post(() => ran++);
                            accepted++;
                        }

                        await Shard.Delay(TimeSpan.Zero);
                    }
                }
                catch (ObjectDisposedException)
                {
                }
            });
            Eventually.Until(() => Volatile.Read(ref accepted) > 100 * round, "some posts");
            await host.DisposeAsync();
            Assert.Equal(accepted, ran);
            Assert.Empty(host.Unhandled);
        }
    }
}
