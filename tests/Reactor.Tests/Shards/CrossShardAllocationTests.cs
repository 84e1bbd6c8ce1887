using Reactor.Tests.Support;

namespace Reactor.Tests.Shards;

/// <summary>In the steady state a call allocates nothing, neither where it comes from nor where it goes.</summary>
[Collection(Alone.Name)]
public sealed class CrossShardAllocationTests
{
    private const int CallsPerRound = 500;

    /// <summary>As long as the runtime still compiles better code, a round may allocate; one that does not must come.</summary>
    private const int MaxRounds = 200;

    [Fact]
    public Task A_function_with_state() => AllocatesNothing(static async target =>
    {
        for (int i = 0; i < CallsPerRound; i++)
        {
            if (await target.InvokeAsync(static number => number + 1, i) != i + 1)
            {
                throw new InvalidOperationException("a wrong result");
            }
        }
    });

    [Fact]
    public Task A_function_without_state() => AllocatesNothing(static async target =>
    {
        for (int i = 0; i < CallsPerRound; i++)
        {
            await target.InvokeAsync(static () => Shard.Current!.Id);
        }
    });

    [Fact]
    public Task An_action() => AllocatesNothing(static async target =>
    {
        for (int i = 0; i < CallsPerRound; i++)
        {
            await target.InvokeAsync(static () => { });
            await target.InvokeAsync(static _ => { }, i);
        }
    });

    [Fact]
    public Task An_async_function_that_ends_at_once() => AllocatesNothing(static async target =>
    {
        for (int i = 0; i < CallsPerRound; i++)
        {
            // No async lambdas: without optimization the compiler makes their state machines classes.
            await target.InvokeAsync(static number => new ValueTask<int>(number), i);
            await target.InvokeAsync(static _ => default(ValueTask), i);
            await target.InvokeAsync(static () => default(ValueTask));
        }
    });

    [Fact]
    public Task A_function_with_a_token_that_does_not_fire()
    {
        var cancellation = new CancellationTokenSource();
        return AllocatesNothing(async target =>
        {
            for (int i = 0; i < CallsPerRound; i++)
            {
                await target.InvokeAsync(static number => number, i, cancellation.Token);
            }
        });
    }

    [Fact]
    public Task A_post_with_state() => AllocatesNothing(static async target =>
    {
        for (int i = 0; i < CallsPerRound; i++)
        {
            target.Post(static _ => { }, i);

            // Posts come home to be used again: as many as are away are needed.
            if (i % 100 == 99)
            {
                await target.InvokeAsync(static () => { });
            }
        }
    });

    /// <remarks>More than a lane takes: those that wait for room do so in a queue that has grown to its size.</remarks>
    [Fact]
    public Task Calls_beyond_the_capacity_of_a_lane() => AllocatesNothing(static async target =>
    {
        for (int i = 0; i < 3 * CallsPerRound; i++)
        {
            target.Post(static _ => { }, i);
        }

        await target.InvokeAsync(static () => { });
    });

    [Fact]
    public async Task A_call_of_a_service_and_of_an_owned_object()
    {
        await using var host = TestHost.Many(2);
        await using Sharded<List<int>> service = await Sharded<List<int>>.StartAsync(host.Host, static _ => [7]);
        await using ShardOwned<List<int>> owned = await host.Shards[1].InvokeAsync(static () => new ShardOwned<List<int>>([8]));
        await AllocatesNothing(host, async target =>
        {
            for (int i = 0; i < CallsPerRound; i++)
            {
                int sum = await service.InvokeOnAsync(target, static (list, index) => list[index], 0)
                    + await owned.InvokeAsync(static (list, index) => list[index], 0)
                    + service.Local.Count;
                if (sum != 16)
                {
                    throw new InvalidOperationException("a wrong result");
                }
            }
        });
    }

    [Fact]
    public Task A_write_to_a_channel_with_room()
    {
        var channel = new ShardChannel<int>(2 * CallsPerRound);
        return AllocatesNothing(async _ =>
        {
            for (int i = 0; i < CallsPerRound; i++)
            {
                await channel.WriteAsync(i);
            }

            while (channel.Reader.TryRead(out int _))
            {
            }
        });
    }

    /// <remarks>Here the reader is on the shard itself, so that what it allocates is counted too.</remarks>
    [Fact]
    public Task A_write_to_a_channel_that_waits_for_room()
    {
        var channel = new ShardChannel<int>(1);
        return AllocatesNothing(async _ =>
        {
            await channel.WriteAsync(0);
            for (int i = 0; i < CallsPerRound; i++)
            {
                ValueTask write = channel.WriteAsync(i);
                if (!channel.Reader.TryRead(out int _))
                {
                    throw new InvalidOperationException("nothing to read");
                }

                await write;
            }

            channel.Reader.TryRead(out int _);
        });
    }

    private static async Task AllocatesNothing(Func<Shard, Task> calls)
    {
        await using var host = TestHost.Many(2);
        await AllocatesNothing(host, calls);
    }

    private static Task AllocatesNothing(TestHost host, Func<Shard, Task> calls) => host.Run(async () =>
    {
        Shard target = host.Shards[1];
        long perRoundHere = long.MaxValue;
        long perRoundThere = long.MaxValue;
        for (int round = 0; round < MaxRounds && (perRoundHere > CallsPerRound || perRoundThere > 0); round++)
        {
            long there = await target.InvokeAsync(static () => GC.GetAllocatedBytesForCurrentThread());
            long here = GC.GetAllocatedBytesForCurrentThread();
            await calls(target);
            perRoundHere = GC.GetAllocatedBytesForCurrentThread() - here;
            perRoundThere = await target.InvokeAsync(static () => GC.GetAllocatedBytesForCurrentThread()) - there;
        }

        // The round itself is an async method, whose object is allocated: less than a byte for each call.
        Assert.InRange(perRoundHere, 0, CallsPerRound);
        Assert.Equal(0, perRoundThere);
    });
}
