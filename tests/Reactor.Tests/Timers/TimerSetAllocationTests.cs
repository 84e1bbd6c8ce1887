using Reactor.Tests.Support;
using Reactor.Timers;

namespace Reactor.Tests.Timers;

[Collection(Alone.Name)]
public sealed class TimerSetAllocationTests
{
    private readonly TimerSet _set = new();
    private readonly List<TestTimer> _log = [];

    [Fact]
    public void Steady_use_allocates_nothing()
    {
        _log.EnsureCapacity(10_000);
        TestTimer[] timers = [.. Enumerable.Range(0, 1000).Select(_ => new TestTimer(_log))];
        long now = 0;
        Use();
        long before = Allocations.Begin();
        for (int i = 0; i < 10; i++)
        {
            Use();
        }

        Assert.Equal(0, Allocations.Since(before));
        Assert.Equal(0, _set.Count);

        void Use()
        {
            _log.Clear();
            for (int i = 0; i < timers.Length; i++)
            {
                _set.Arm(timers[i], now + (i * 7919L % 1000));
            }

            for (int i = 0; i < timers.Length; i += 4)
            {
                _set.Cancel(timers[i]);
            }

            now += 500;
            _set.Expire(now);
            now += 500;
            _set.Expire(now);
        }
    }
}
