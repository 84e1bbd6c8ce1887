using System.Net;
using System.Net.Sockets;

namespace Reactor.Net.Tests;

/// <summary>A resolver that answers what a test says, when it says so.</summary>
internal sealed class TestResolver(Func<string, AddressFamily, CancellationToken, ValueTask<IReadOnlyList<IPAddress>>> answer) : HostResolver
{
    /// <summary>Answers at once, with the same for every name.</summary>
    internal static TestResolver Of(params IPAddress[] addresses) => new((_, _, _) => new ValueTask<IReadOnlyList<IPAddress>>(addresses));

    /// <summary>Answers when the task ends, and heeds no token.</summary>
    internal static TestResolver Of(Task<IReadOnlyList<IPAddress>> answer) => new((_, _, _) => new ValueTask<IReadOnlyList<IPAddress>>(answer));

    internal int Lookups { get; private set; }

    protected override ValueTask<IReadOnlyList<IPAddress>> LookUpAsync(string host, AddressFamily family, CancellationToken cancellationToken)
    {
        Lookups++;
        return answer(host, family, cancellationToken);
    }
}
