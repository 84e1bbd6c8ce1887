using System.Diagnostics;
using Reactor.Kernel;
using Reactor.Tests.Support;
using Tmds.Linux;

namespace Reactor.Tests.Kernel;

public sealed unsafe class TimerFdTests : IDisposable
{
    private readonly TimerFd _timer = new();
    private readonly AioContext _context = Contexts.Create(8);
    private readonly IocbBlock _block = new(8);

    [Fact]
    public void It_completes_its_poll_when_it_fires_and_not_before()
    {
        Poll();
        long start = Stopwatch.GetTimestamp();
        _timer.Arm(TimeSpan.FromMilliseconds(20));
        Assert.Equal(1, Wait());
        Assert.True(Stopwatch.GetElapsedTime(start) >= TimeSpan.FromMilliseconds(20));
        Assert.Equal(1UL, _timer.Drain());
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-5)]
    public void A_time_that_has_passed_fires_at_once_and_does_not_disarm(int milliseconds)
    {
        Poll();
        _timer.Arm(TimeSpan.FromMilliseconds(milliseconds));
        Assert.Equal(1, Wait());
    }

    [Fact]
    public void A_periodic_timer_fires_again_and_again()
    {
        _timer.Arm(TimeSpan.FromMilliseconds(1), TimeSpan.FromMilliseconds(1));
        for (int i = 0; i < 3; i++)
        {
            Poll();
            Assert.Equal(1, Wait());
            Assert.True(_timer.Drain() >= 1);
        }
    }

    [Fact]
    public void Draining_counts_how_often_it_fired()
    {
        long start = Stopwatch.GetTimestamp();
        _timer.Arm(TimeSpan.FromMilliseconds(1), TimeSpan.FromMilliseconds(1));
        Eventually.Until(() => Stopwatch.GetElapsedTime(start) > TimeSpan.FromMilliseconds(20), "20 ms");
        ulong count = _timer.Drain();
        ulong most = (ulong)Stopwatch.GetElapsedTime(start).TotalMilliseconds + 1;
        Assert.InRange(count, 20UL, most);
    }

    [Fact]
    public void A_timer_that_fires_once_does_not_fire_twice()
    {
        _timer.Arm(TimeSpan.FromMilliseconds(1));
        Poll();
        Assert.Equal(1, Wait());
        _timer.Drain();
        Assert.Equal(0UL, _timer.Drain());
        Poll();
        Assert.Equal(0, Wait(TimeSpan.FromMilliseconds(20)));
    }

    [Fact]
    public void A_disarmed_timer_does_not_fire()
    {
        Poll();
        _timer.Arm(TimeSpan.FromMilliseconds(5));
        _timer.Disarm();
        Assert.Equal(0, Wait(TimeSpan.FromMilliseconds(30)));
    }

    [Fact]
    public void Arming_again_replaces_the_former_time()
    {
        Poll();
        _timer.Arm(TimeSpan.FromDays(1));
        _timer.Arm(TimeSpan.FromMilliseconds(1));
        Assert.Equal(1, Wait());
    }

    [Fact]
    public void Disposing_it_twice_closes_one_descriptor()
    {
        var timer = new TimerFd();
        timer.Dispose();
        timer.Dispose();
        Assert.Equal(-1, timer.Fd);
    }

    public void Dispose()
    {
        _context.Dispose();
        _timer.Dispose();
        _block.Dispose();
    }

    private void Poll()
    {
        _block.SetPoll(0, _timer.Fd, 1, LibC.POLLIN);
        Assert.Equal(1, _context.Submit(_block.Addresses, 1).OrThrow("io_submit"));
    }

    private int Wait(TimeSpan? timeout = null)
    {
        timespec duration = Timespec.From(timeout ?? Eventually.Deadline);
        return _context.Wait(_block.Events, 8, 1, &duration).OrThrow("wait");
    }
}
