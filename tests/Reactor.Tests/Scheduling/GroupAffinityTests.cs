#pragma warning disable CA2012 // Futures are handed to what waits for all of them.
using System.Threading.Channels;
using Reactor.Tests.Support;

namespace Reactor.Tests.Scheduling;

/// <summary>After an await, whatever was awaited and whoever ended it, code is back in the group that it was in.</summary>
public sealed class GroupAffinityTests
{
    private static readonly TimeSpan s_millisecond = TimeSpan.FromMilliseconds(1);

    /// <summary>The framework's own operations, which need no synchronization context to come home.</summary>
    private static readonly Dictionary<string, Func<GroupHost, Task>> s_own = new()
    {
        ["a delay"] = async _ => await Shard.Delay(s_millisecond),
        ["a delay of no time"] = async _ => await Shard.Delay(TimeSpan.Zero),
        ["a cancelled delay"] = async _ =>
        {
            using var cancellation = new CancellationTokenSource(s_millisecond);
            await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await Shard.Delay(Timeout.InfiniteTimeSpan, cancellation.Token));
        },
        ["a delay that another group cancels"] = async test =>
        {
            using var cancellation = new CancellationTokenSource();
            test.Later(cancellation.Cancel);
            await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await Shard.Delay(Timeout.InfiniteTimeSpan, cancellation.Token));
        },
        ["a delay with a timeout"] = async _ =>
        {
            using ShardTimeout timeout = Shard.Timeout(s_millisecond);
            await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await Shard.Delay(Timeout.InfiniteTimeSpan, timeout.Token));
        },
        ["yielding"] = async _ => await Shard.Yield(),
        ["yielding when needed"] = async test =>
        {
            test.Later(static () => { });
            while (!Shard.NeedsPreempt)
            {
            }

            await Shard.YieldIfNeeded();
        },
        ["the end of the turn"] = async _ => await Turn.Ends(),
        ["an operation that waits"] = async test =>
        {
            var operation = new EventOperation();
            test.Later(operation.Signal);
            await operation.WaitAsync();
            operation.Close();
        },
        ["an operation that is ready"] = async _ =>
        {
            var operation = new EventOperation();
            operation.Signal();
            await operation.WaitReadyAsync();
            operation.Close();
        },
        ["an operation that fails"] = async test =>
        {
            var operation = new EventOperation { OnAttempt = static _ => throw new TimeZoneNotFoundException() };
            test.Later(operation.Signal);
            await Assert.ThrowsAsync<TimeZoneNotFoundException>(async () => await operation.WaitAsync());
            operation.Close();
        },
        ["an operation that another group aborts"] = async test =>
        {
            var operation = new EventOperation();
            test.Later(() => operation.Abort(new TimeZoneNotFoundException()));
            await Assert.ThrowsAsync<TimeZoneNotFoundException>(async () => await operation.WaitAsync());
            operation.Close();
        },
        ["a call to another shard"] = async test => await test.Sister.InvokeAsync(static () => { }),
        ["a call of an async function to another shard"] = async test => await test.Sister.InvokeAsync(static async () => await Shard.Delay(s_millisecond)),
        ["a call to another shard that fails"] = async test =>
            await Assert.ThrowsAsync<TimeZoneNotFoundException>(async () => await test.Sister.InvokeAsync(static void () => throw new TimeZoneNotFoundException())),
        ["a call to another shard that is cancelled"] = async test =>
        {
            using var cancellation = new CancellationTokenSource(s_millisecond);
            await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await test.Sister.InvokeAsync(static async () => await Shard.Delay(Timeout.InfiniteTimeSpan), cancellation.Token));
        },
        ["a call to the own shard"] = async test => await test.Home.InvokeAsync(static async () => await Shard.Delay(s_millisecond)),
        ["a call to a shard of another host"] = async test => await test.Stranger.InvokeAsync(static async () => await Shard.Delay(s_millisecond)),
        ["calls to all shards"] = async test => await test.Host.InvokeOnAllAsync(static async () => await Shard.Delay(s_millisecond)),
        ["map and reduce"] = async test => Assert.Equal(1, await test.Host.MapReduceAsync(static shard => shard.Id, static (sum, id) => sum + id)),
        ["an instance on every shard"] = async test =>
        {
            Sharded<object> sharded = await Sharded<object>.StartAsync(test.Host, static _ => new object());
            test.AssertAtHome();
            await sharded.DisposeAsync();
        },
        ["code in another group"] = async test => await test.Foreign.RunAsync(static async () => await Shard.Delay(s_millisecond)),
        ["code in another group that fails"] = async test =>
            await Assert.ThrowsAsync<TimeZoneNotFoundException>(async () => await test.Foreign.RunAsync(static void () => throw new TimeZoneNotFoundException())),
        ["code in the same group"] = async test => await test.Own.RunAsync(static async () => await Shard.Delay(s_millisecond)),
        ["a semaphore that another group signals"] = async test =>
        {
            var semaphore = new ShardSemaphore(0);
            test.Later(() => semaphore.Signal());
            await semaphore.WaitAsync();
        },
        ["units that another group gives back"] = async test =>
        {
            var semaphore = new ShardSemaphore(1);
            SemaphoreUnits units = await semaphore.EnterAsync();
            test.Later(units.Dispose);
            (await semaphore.EnterAsync()).Dispose();
        },
        ["a semaphore that another group breaks"] = async test =>
        {
            var semaphore = new ShardSemaphore(0);
            test.Later(() => semaphore.Break(new TimeZoneNotFoundException()));
            await Assert.ThrowsAnyAsync<Exception>(async () => await semaphore.WaitAsync());
        },
        ["a queue that another group fills"] = async test =>
        {
            var queue = new ShardQueue<int>(1);
            test.Later(() => queue.TryPush(1));
            Assert.Equal(1, await queue.PopAsync());
        },
        ["a queue that another group empties"] = async test =>
        {
            var queue = new ShardQueue<int>(1);
            Assert.True(queue.TryPush(1));
            test.Later(() => queue.TryPop(out _));
            await queue.PushAsync(2);
        },
        ["a loop over a queue that another group fills"] = async test =>
        {
            var queue = new ShardQueue<int>(10);
            test.Later(() =>
            {
                Assert.True(queue.TryPush(1) && queue.TryPush(2));
                queue.Complete();
            });
            await foreach (int _ in queue.ReadAllAsync())
            {
                test.AssertAtHome();
            }
        },
        ["a condition that another group signals"] = async test =>
        {
            var condition = new ShardCondition();
            test.Later(condition.Broadcast);
            await condition.WaitAsync();
        },
        ["a gate that another group leaves"] = async test =>
        {
            var gate = new Gate();
            GateHolder holder = gate.Enter();
            test.Later(holder.Dispose);
            await gate.CloseAsync();
        },
        ["code in a gate"] = async _ => await new Gate().RunAsync(static async () => await Shard.Delay(s_millisecond)),
        ["a lock that another group leaves"] = async test =>
        {
            var readerWriterLock = new ShardReaderWriterLock();
            ReaderWriterLockHolder holder = await readerWriterLock.EnterWriteLockAsync();
            test.Later(holder.Dispose);
            (await readerWriterLock.EnterReadLockAsync()).Dispose();
        },
        ["a shard channel that another thread empties"] = async test =>
        {
            var channel = new ShardChannel<int>(1);
            Assert.True(channel.TryWrite(1));
            _ = Task.Run(async () =>
            {
                await Task.Delay(1);
                await channel.Reader.ReadAsync();
            });
            await channel.WriteAsync(2);
        },
        ["a parallel loop"] = async test => await ShardParallel.ForEachAsync(
            Enumerable.Range(0, 20),
            3,
            async (_, _) =>
            {
                await Shard.Delay(s_millisecond);
                test.AssertAtHome();
            }),
        ["all of several"] = async test => await ShardParallel.WhenAll(Shard.Delay(s_millisecond), test.Foreign.RunAsync(static async () => await Shard.Delay(s_millisecond))),
    };

    /// <summary>What comes home through the synchronization context.</summary>
    private static readonly Dictionary<string, Func<GroupHost, Task>> s_foreign = new()
    {
        ["Task.Delay"] = async _ => await Task.Delay(1),
        ["Task.Yield"] = async _ => await Task.Yield(),
        ["Task.Run"] = async _ => await Task.Run(static () => Thread.Sleep(1)),
        ["Task.Run that fails"] = async _ => await Assert.ThrowsAsync<TimeZoneNotFoundException>(() => Task.Run(static void () => throw new TimeZoneNotFoundException())),
        ["a cancelled Task.Delay"] = async _ =>
        {
            using var cancellation = new CancellationTokenSource(s_millisecond);
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Task.Delay(Timeout.Infinite, cancellation.Token));
        },
        ["a Task.Delay that another group cancels"] = async test =>
        {
            using var cancellation = new CancellationTokenSource();
            test.Later(cancellation.Cancel);
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Task.Delay(Timeout.Infinite, cancellation.Token));
        },
        ["a source that the thread pool completes"] = async _ =>
        {
            var source = new TaskCompletionSource();
            ThreadPool.QueueUserWorkItem(static async source =>
            {
                await Task.Delay(1);
                source.SetResult();
            }, source, false);
            await source.Task;
        },
        ["a source that another group completes"] = async test =>
        {
            var source = new TaskCompletionSource();
            test.Later(source.SetResult);
            await source.Task;
        },
        ["a source that another shard completes"] = async test =>
        {
            var source = new TaskCompletionSource();
            test.Sister.Post(source.SetResult);
            await source.Task;
        },
        ["a source that a shard of another host fails"] = async test =>
        {
            var source = new TaskCompletionSource();
            test.Stranger.Post(() => source.SetException(new TimeZoneNotFoundException()));
            await Assert.ThrowsAsync<TimeZoneNotFoundException>(() => source.Task);
        },
        ["a delay by the shard's TimeProvider"] = async test => await Task.Delay(s_millisecond, test.Home.TimeProvider),
        ["a delay by another shard's TimeProvider"] = async test => await Task.Delay(s_millisecond, test.Sister.TimeProvider),
        ["a periodic timer"] = async test =>
        {
            using var timer = new PeriodicTimer(s_millisecond, test.Home.TimeProvider);
            await timer.WaitForNextTickAsync();
            test.AssertAtHome();
            await timer.WaitForNextTickAsync();
        },
        ["a channel that another group writes to"] = async test =>
        {
            var channel = Channel.CreateUnbounded<int>();
            test.Later(() => channel.Writer.TryWrite(1));
            Assert.Equal(1, await channel.Reader.ReadAsync());
        },
        ["a channel that a thread of the pool writes to"] = async test =>
        {
            var channel = Channel.CreateUnbounded<int>();
            _ = Task.Run(async () =>
            {
                await Task.Delay(1);
                channel.Writer.TryWrite(1);
                channel.Writer.Complete();
            });
            await foreach (int _ in channel.Reader.ReadAllAsync())
            {
                test.AssertAtHome();
            }
        },
        ["await using"] = async _ =>
        {
            await using var resource = new Resource();
        },
        ["code in another group that awaits what is foreign"] = async test => await test.Foreign.RunAsync(static async () => await Task.Delay(1)),
        ["code of another shard that awaits what is foreign"] = async test => await test.Sister.InvokeAsync(static async () => await Task.Delay(1)),
    };

    public static TheoryData<string, bool> Awaits()
    {
        var data = new TheoryData<string, bool>();
        foreach (string name in s_own.Keys)
        {
            data.Add(name, true);
            data.Add(name, false);
        }

        foreach (string name in s_foreign.Keys)
        {
            data.Add(name, true);
        }

        return data;
    }

    [Theory]
    [MemberData(nameof(Awaits))]
    public async Task Code_is_back_in_its_group_after(string awaited, bool useContext)
    {
        await using var test = new GroupHost(useContext);
        await test.Run(async () =>
        {
            for (int i = 0; i < 3; i++)
            {
                await (s_own.GetValueOrDefault(awaited) ?? s_foreign[awaited])(test);
                test.AssertAtHome();
            }
        });
        Assert.Empty(test.Unhandled);
    }

    /// <summary>Without a context the code is elsewhere in between, and the framework brings it home.</summary>
    private static readonly Dictionary<string, Func<GroupHost, Task>> s_homecoming = new()
    {
        ["code in another group"] = async test => await test.Foreign.RunAsync(static async () => await Task.Delay(1)),
        ["code in another group that a third completes"] = async test =>
        {
            var source = new TaskCompletionSource();
            test.Later(source.SetResult);
            await SchedulingGroup.Default.RunAsync(async () => await source.Task);
        },
        ["a call to another shard"] = async test => await test.Sister.InvokeAsync(static async () => await Task.Delay(1)),
        ["a call to the own shard"] = async test => await test.Home.InvokeAsync(static async () => await Task.Delay(1)),
        ["a call to a shard of another host"] = async test => await test.Stranger.InvokeAsync(static async () => await Task.Delay(1)),
        ["calls to all shards"] = async test => await test.Host.InvokeOnAllAsync(static async () => await Task.Delay(1)),
        ["code in a gate"] = async _ => await new Gate().RunAsync(static async () => await Task.Delay(1)),
        ["code in a gate that another group completes"] = async test =>
        {
            var source = new TaskCompletionSource();
            test.Later(source.SetResult);
            await new Gate().RunAsync(async () => await source.Task);
        },
        ["a parallel loop"] = async _ => await ShardParallel.ForEachAsync(Enumerable.Range(0, 20), 3, static async (_, _) => await Task.Delay(1)),
        ["a parallel loop over what comes from elsewhere"] = async _ => await ShardParallel.ForEachAsync(Elsewhere(), 3, static (_, _) => default),
        ["all of several"] = async _ => await ShardParallel.WhenAll(new ValueTask(Task.Delay(1)), new ValueTask(Task.Delay(2))),
        ["an instance on every shard"] = async test => await (await Sharded<object>.StartAsync(test.Host, static async _ =>
        {
            await Task.Delay(1);
            return new object();
        })).DisposeAsync(),
    };

    public static TheoryData<string> Homecomings => [.. s_homecoming.Keys];

    [Theory]
    [MemberData(nameof(Homecomings))]
    public async Task Without_a_context_code_is_back_in_its_group_after(string awaited)
    {
        await using var test = new GroupHost(useContext: false);
        await test.Run(async () =>
        {
            for (int i = 0; i < 3; i++)
            {
                await s_homecoming[awaited](test);
                test.AssertAtHome();
            }
        });
        Assert.Empty(test.Unhandled);
    }

    private static async IAsyncEnumerable<int> Elsewhere()
    {
        for (int i = 0; i < 5; i++)
        {
            await Task.Delay(1).ConfigureAwait(false);
            yield return i;
        }
    }

    private sealed class Resource : IAsyncDisposable
    {
        public async ValueTask DisposeAsync() => await Task.Delay(1).ConfigureAwait(false);
    }
}
