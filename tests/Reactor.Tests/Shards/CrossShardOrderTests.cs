using Reactor.Tests.Support;

namespace Reactor.Tests.Shards;

/// <summary>What one sends to another arrives in the order in which it was sent, and once.</summary>
public sealed class CrossShardOrderTests
{
    private const int Messages = 5_000;

    public static TheoryData<Caller, bool> Ways => CrossShardCallTests.Ways;

    [Theory]
    [MemberData(nameof(Ways))]
    public async Task Posts_arrive_in_order(Caller caller, bool useContext)
    {
        await using var callers = new Callers(useContext);
        var seen = new List<int>();
        await callers.Run(caller, async () =>
        {
            for (int i = 0; i < Messages; i++)
            {
                callers.Target.Post(static message => message.seen.Add(message.i), (seen, i));
            }

            var last = new TaskCompletionSource();
            callers.Target.Post(last.SetResult);
            await last.Task;
        });
        Assert.Equal(Enumerable.Range(0, Messages), seen);
    }

    [Theory]
    [MemberData(nameof(Ways))]
    public async Task Calls_that_do_not_wait_for_each_other_run_in_order(Caller caller, bool useContext)
    {
        await using var callers = new Callers(useContext);
        var seen = new List<int>();
        await callers.Run(caller, async () =>
        {
            var calls = new List<Task<int>>();
            for (int i = 0; i < Messages; i++)
            {
                calls.Add(callers.Target.InvokeAsync(
                    static message =>
                    {
                        message.seen.Add(message.i);
                        return message.i;
                    },
                    (seen, i)).AsTask());
            }

            Assert.Equal(Enumerable.Range(0, Messages), await Task.WhenAll(calls));
        });
        Assert.Equal(Enumerable.Range(0, Messages), seen);
    }

    /// <remarks>Answers of one lane come home in order as well.</remarks>
    [Fact]
    public async Task Posts_and_calls_of_every_form_keep_one_order()
    {
        await using var callers = new Callers();
        var seen = new List<int>();
        var ended = new List<int>();
        await callers.Run(Caller.Sister, async () =>
        {
            var calls = new List<Task>();
            for (int i = 0; i < Messages; i++)
            {
                switch (i % 4)
                {
                    case 0:
                        callers.Target.Post(static message => message.seen.Add(message.i), (seen, i));
                        break;
                    case 1:
                        calls.Add(Follow(i, callers.Target.InvokeAsync(static message => message.seen.Add(message.i), (seen, i))));
                        break;
                    case 2:
                        calls.Add(Follow(i, callers.Target.InvokeAsync(static message => Add(message.seen, message.i), (seen, i))));
                        break;
                    default:
                        int number = i;
                        calls.Add(Follow(i, callers.Target.InvokeAsync(() => seen.Add(number))));
                        break;
                }
            }

            await Task.WhenAll(calls);
        });
        Assert.Equal(Enumerable.Range(0, Messages), seen);
        Assert.Equal(Enumerable.Range(0, Messages).Where(i => i % 4 != 0), ended);

        async Task Follow(int number, ValueTask call)
        {
            await call;
            ended.Add(number);
        }

        static ValueTask Add(List<int> seen, int number)
        {
            seen.Add(number);
            return default;
        }
    }

    [Fact]
    public async Task Calls_of_many_foreign_threads_all_arrive_each_threads_in_order()
    {
        const int Threads = 8;
        const int Each = 5_000;
        await using var host = TestHost.Many(4);
        List<int>[][] seen = [.. host.Shards.Select(_ => Enumerable.Range(0, Threads).Select(_ => new List<int>()).ToArray())];
        Task[] producers =
        [
            .. Enumerable.Range(0, Threads).Select(thread => Task.Run(async () =>
            {
                var last = new Task[host.Shards.Count];
                for (int i = 0; i < Each; i++)
                {
                    foreach (Shard shard in host.Shards)
                    {
                        List<int> list = seen[shard.Id][thread];
                        if (i % 2 == 0)
                        {
                            shard.Post(static message => message.list.Add(message.i), (list, i));
                        }
                        else
                        {
                            last[shard.Id] = shard.InvokeAsync(static message => message.list.Add(message.i), (list, i)).AsTask();
                        }
                    }
                }

                await Task.WhenAll(last);
            })),
        ];
        await Eventually.Ends(Task.WhenAll(producers), "all producers");
        Assert.All(seen.SelectMany(lists => lists), list => Assert.Equal(Enumerable.Range(0, Each), list));
    }

    /// <remarks>
    /// 56 lanes, full all the time, on whatever CPUs there are. Every message is counted where it arrives, and has to be the
    /// next of its pair.
    /// </remarks>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_flood_from_every_shard_to_every_other_arrives_once_and_in_order(bool useContext)
    {
        const int Shards = 8;
        const int PerPair = 20_000;
        await using var host = TestHost.Many(Shards, useContext);

        // By receiver, then by sender; each row is its receiver's. What is out of order is counted, not thrown: a post has nobody to throw to.
        int[][] arrived = [.. host.Shards.Select(_ => new int[Shards])];
        int[] outOfOrder = new int[Shards];
        Task[] senders = [.. host.Shards.Select(sender => sender.InvokeAsync(() => Send(sender)).AsTask())];
        try
        {
            await Task.WhenAll(senders).WaitAsync(TimeSpan.FromMinutes(2));
        }
        catch (TimeoutException)
        {
            Assert.Fail($"The flood did not end. Arrived, by receiver: {string.Join("; ", arrived.Select(row => string.Join(",", row)))}");
        }

        await host.Host.InvokeOnAllAsync(() => { });
        Assert.All(outOfOrder, count => Assert.Equal(0, count));
        foreach (Shard receiver in host.Shards)
        {
            Assert.Equal(host.Shards.Select(sender => sender == receiver ? 0 : PerPair), arrived[receiver.Id]);
        }

        Assert.Empty(host.Unhandled);

        async Task Send(Shard sender)
        {
            var calls = new List<Task>();
            for (int i = 0; i < PerPair; i++)
            {
                foreach (Shard receiver in host.Shards)
                {
                    if (receiver == sender)
                    {
                        continue;
                    }

                    (int[] Row, int[] OutOfOrder, int From, int To, int Number) message = (arrived[receiver.Id], outOfOrder, sender.Id, receiver.Id, i);
                    if (i % 3 == 0)
                    {
                        calls.Add(receiver.InvokeAsync(static message => Arrive(message), message).AsTask());
                    }
                    else
                    {
                        receiver.Post(static message => Arrive(message), message);
                    }
                }

                // Full lanes, yet not all of it in memory at once.
                if (i % 2_000 == 1_999)
                {
                    await Task.WhenAll(calls);
                    Assert.Same(sender, Shard.Current);
                    calls.Clear();
                }
            }

            await Task.WhenAll(calls);

            // Behind the last posts of every lane.
            foreach (Shard receiver in host.Shards)
            {
                await receiver.InvokeAsync(static () => { });
            }
        }

        static void Arrive((int[] Row, int[] OutOfOrder, int From, int To, int Number) message)
        {
            if (message.Row[message.From]++ != message.Number || Shard.Current!.Id != message.To)
            {
                message.OutOfOrder[message.To]++;
            }
        }
    }
}
