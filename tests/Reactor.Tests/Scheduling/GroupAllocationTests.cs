using Reactor.Tests.Support;

namespace Reactor.Tests.Scheduling;

[Collection(Alone.Name)]
public sealed class GroupAllocationTests
{
    private const int WarmUp = 200;

    private static readonly Dictionary<string, Func<GroupHost, ValueTask>> s_free = new()
    {
        ["running in a group, with state"] = static test => test.Foreign.RunAsync(static _ => default(ValueTask), 1),
        ["yielding"] = static _ => Shard.Yield(),
        ["yielding if needed"] = static _ => Shard.YieldIfNeeded(),
        ["asking"] = static _ => Shard.NeedsPreempt ? default : default(ValueTask),
    };

    public static TheoryData<string> Free => [.. s_free.Keys];

    [Theory]
    [MemberData(nameof(Free))]
    public async Task Nothing_is_allocated_by(string action)
    {
        await using var test = new GroupHost();
        await test.Run(async () =>
        {
            Func<GroupHost, ValueTask> act = s_free[action];

            // What this method itself needs to be suspended.
            await Shard.Yield();
            long before = 0;
            for (int i = 0; i < 10 * WarmUp; i++)
            {
                if (i == WarmUp)
                {
                    before = Allocations.Begin();
                }

                await act(test);
            }

            Assert.Equal(0, Allocations.Since(before));
        });
    }

    [Fact]
    public async Task A_yield_that_is_needed_allocates_nothing()
    {
        await using var test = new GroupHost();
        await test.Run(async () =>
        {
            long before = 0;
            for (int i = 0; i < 60; i++)
            {
                if (i == 30)
                {
                    before = Allocations.Begin();
                }

                while (!Shard.NeedsPreempt)
                {
                }

                await Shard.YieldIfNeeded();
            }

            Assert.Equal(0, Allocations.Since(before));
        });
    }

    [Fact]
    public async Task Nothing_is_allocated_by_running_in_a_group_with_a_result()
    {
        await using var test = new GroupHost();
        await test.Run(async () =>
        {
            long before = 0;
            int sum = 0;
            for (int i = 0; i < 10 * WarmUp; i++)
            {
                if (i == WarmUp)
                {
                    before = Allocations.Begin();
                }

                sum += await test.Foreign.RunAsync(static value => new ValueTask<int>(value), 1);
            }

            Assert.Equal(0, Allocations.Since(before));
            Assert.Equal(10 * WarmUp, sum);
        });
    }
}
