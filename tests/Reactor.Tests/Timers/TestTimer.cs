using Reactor.Timers;

namespace Reactor.Tests.Timers;

/// <summary>Writes itself into a log when it is due, then does what the test wants done.</summary>
internal sealed class TestTimer(List<TestTimer> log, string name = "", Action<TestTimer>? then = null) : TimerEntry
{
    internal override void OnDue()
    {
        log.Add(this);
        then?.Invoke(this);
    }

    public override string ToString() => $"{name}@{Deadline}";
}
