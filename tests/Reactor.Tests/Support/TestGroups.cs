namespace Reactor.Tests.Support;

/// <summary>Scheduling groups for one test; they are the process's, and their ids are used again.</summary>
internal sealed class TestGroups
{
    private readonly List<SchedulingGroup> _groups = [];

    internal SchedulingGroup Create(int shares = 100) => Create($"group {_groups.Count}", shares);

    internal SchedulingGroup Create(string name, int shares)
    {
        var group = SchedulingGroup.Create(name, shares);
        _groups.Add(group);
        return group;
    }

    /// <summary>After the hosts have stopped, so that nothing is queued.</summary>
    internal void Destroy() => _groups.ForEach(static group => group.Destroy());
}
