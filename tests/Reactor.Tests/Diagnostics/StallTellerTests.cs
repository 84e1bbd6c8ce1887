using System.Diagnostics;
using Reactor.Diagnostics;
using Reactor.Tests.Support;

namespace Reactor.Tests.Diagnostics;

/// <summary>What is reported of the stalls that are found. Times are seconds.</summary>
public sealed class StallTellerTests
{
    private readonly List<StallReport> _reports = [];

    [Fact]
    public async Task Of_stalls_in_a_swarm_one_is_told_and_the_others_are_in_the_next_report()
    {
        await using var host = new TestHost();
        var teller = new StallTeller(_reports.Add, static (_, _) => { });
        for (int second = 0; second <= 10; second++)
        {
            Tell(teller, host, second, isOver: true, wasTold: false);
        }

        Assert.Equal([0, 9], _reports.Select(report => report.Suppressed));
    }

    [Fact]
    public async Task Long_stalls_in_a_swarm_are_not_told_at_their_ends_either()
    {
        await using var host = new TestHost();
        var teller = new StallTeller(_reports.Add, static (_, _) => { });
        for (int second = 0; second < 10; second += 2)
        {
            Tell(teller, host, second, isOver: false, wasTold: false);
            Tell(teller, host, second + 1, isOver: true, wasTold: true);
        }

        // The first one, twice.
        Assert.Equal([false, true], _reports.Select(report => report.IsOver));
        Tell(teller, host, 20, isOver: true, wasTold: false);
        Assert.Equal(4, _reports[^1].Suppressed);
    }

    [Fact]
    public async Task Who_fails_when_it_counts_does_not_keep_the_report_back()
    {
        await using var host = new TestHost();
        var teller = new StallTeller(_reports.Add, static (_, _) => throw new TimeZoneNotFoundException());
        Tell(teller, host, 0, isOver: true, wasTold: false);
        Assert.Single(_reports);
    }

    private static void Tell(StallTeller teller, TestHost host, int second, bool isOver, bool wasTold) => teller.Tell(
        host.Shard,
        new Stall(Stopwatch.Frequency, isOver, StallCause.Code, "code", SchedulingGroup.Default) { WasTold = wasTold },
        second * Stopwatch.Frequency);
}
