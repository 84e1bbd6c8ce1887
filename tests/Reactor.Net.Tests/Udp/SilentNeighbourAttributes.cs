namespace Reactor.Net.Tests.Udp;

/// <summary>
/// When a test that needs <see cref="UdpPeers.SilentNeighbour"/> runs: not on a user's machine, whose network is none of our
/// business, unless that allows it. .ci/run does.
/// </summary>
internal static class SilentNeighbourCondition
{
    private const string Variable = "REACTOR_TESTS_MAY_ASK_NEIGHBOURS";

    internal static string? Reason =>
        Environment.GetEnvironmentVariable(Variable) != "1"
            ? $"it looks for an address in the local network that nobody has, which {Variable}=1 allows"
            : UdpPeers.SilentNeighbour is null ? "there is no network here whose neighbours could be silent" : null;
}

/// <inheritdoc cref="SilentNeighbourCondition"/>
internal sealed class SilentNeighbourFactAttribute : FactAttribute
{
    public SilentNeighbourFactAttribute() => Skip = SilentNeighbourCondition.Reason;
}

/// <inheritdoc cref="SilentNeighbourCondition"/>
internal sealed class SilentNeighbourTheoryAttribute : TheoryAttribute
{
    public SilentNeighbourTheoryAttribute() => Skip = SilentNeighbourCondition.Reason;
}
