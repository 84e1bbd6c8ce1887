namespace Reactor.Net.Hosting;

/// <summary>The scheduling groups that servers ask for by name: one of each name, and given up with the application.</summary>
internal sealed class SchedulingGroups : IDisposable
{
    private const int DefaultShares = 100;

    private readonly Lock _lock = new();
    private readonly Dictionary<string, (SchedulingGroup Group, int? Shares)> _groups = [];

    /// <param name="name">"default" is the group that is there anyway.</param>
    /// <param name="shares">Null for whatever another asks for.</param>
    /// <exception cref="InvalidOperationException">Another has asked for other shares.</exception>
    internal SchedulingGroup Get(string name, int? shares)
    {
        lock (_lock)
        {
            if (!_groups.TryGetValue(name, out (SchedulingGroup Group, int? Shares) known))
            {
                known.Group = name == SchedulingGroup.Default.Name ? SchedulingGroup.Default : SchedulingGroup.Create(name, shares ?? DefaultShares);
            }

            if (shares is { } asked)
            {
                if (known.Shares is { } given && given != asked)
                {
                    throw new InvalidOperationException($"Scheduling group '{name}' is to have {asked} shares and has {given} by the options of another server. Say it once.");
                }

                known.Group.Shares = asked;
                known.Shares = asked;
            }

            _groups[name] = known;
            return known.Group;
        }
    }

    public void Dispose()
    {
        foreach ((SchedulingGroup group, _) in _groups.Values)
        {
            if (group != SchedulingGroup.Default)
            {
                TryDestroy(group);
            }
        }
    }

    private static void TryDestroy(SchedulingGroup group)
    {
        try
        {
            group.Destroy();
        }
        catch (InvalidOperationException)
        {
            // A shard that was left behind has work of it. The group stays with it.
        }
    }
}
