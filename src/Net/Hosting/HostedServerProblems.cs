namespace Reactor.Net.Hosting;

/// <summary>What can be wrong with the options of any server of an application, as the rest of sentences that name the server.</summary>
internal static class HostedServerProblems
{
    /// <param name="endPoints">Where it listens.</param>
    /// <param name="group">The group that was given as an object.</param>
    /// <param name="groupName">The one that was named.</param>
    /// <param name="groupShares">The shares of that.</param>
    /// <param name="validate">Checks what servers without an application have too; what depends on the shards is checked when they run.</param>
    internal static IEnumerable<string> Of(IList<string> endPoints, SchedulingGroup? group, string? groupName, int? groupShares, Action validate)
    {
        if (endPoints.Count == 0)
        {
            yield return $"there is no address to listen on. Give one where the server is added, or in {nameof(HostedTcpServerOptions.EndPoints)}, such as '0.0.0.0:7000'.";
        }

        foreach (string endPoint in endPoints)
        {
            if (!ListenAddress.TryParse(endPoint, out _, out string? problem))
            {
                yield return $"{nameof(HostedTcpServerOptions.EndPoints)} has '{endPoint}': {problem}";
            }
        }

        if (groupName is { } name && (string.IsNullOrWhiteSpace(name) || group is not null))
        {
            yield return $"{nameof(HostedTcpServerOptions.SchedulingGroupName)} is '{name}': name a group, or set {nameof(ServerOptions.SchedulingGroup)}, not both.";
        }

        if (groupShares is { } shares && (shares is < 1 or > SchedulingGroup.MaxShares || groupName is null))
        {
            yield return $"{nameof(HostedTcpServerOptions.SchedulingGroupShares)} is {shares}: from 1 to {SchedulingGroup.MaxShares} is possible, together with {nameof(HostedTcpServerOptions.SchedulingGroupName)}.";
        }

        string? refusal = null;
        try
        {
            validate();
        }
        catch (ArgumentException exception)
        {
            refusal = exception.Message;
        }

        if (refusal is not null)
        {
            yield return refusal;
        }
    }
}
