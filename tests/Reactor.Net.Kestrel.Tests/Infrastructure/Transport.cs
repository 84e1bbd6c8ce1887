namespace Reactor.Net.Kestrel.Tests;

/// <summary>What carries Kestrel's connections in a test. Kestrel's own sockets are the measure of the others.</summary>
public enum Transport
{
    Sockets,
    Pool,
    Inline,
    PoolOnEpoll,
    InlineOnEpoll,
}

/// <summary>The transports that a test runs on.</summary>
public static class Transports
{
    public static TheoryData<Transport> All => [.. Enum.GetValues<Transport>()];

    public static TheoryData<Transport> Reactor => [.. Enum.GetValues<Transport>().Where(IsReactor)];

    /// <summary>Those whose application runs on the shard.</summary>
    public static TheoryData<Transport> OnShard => [Transport.Inline, Transport.InlineOnEpoll];

    internal static bool IsReactor(this Transport transport) => transport != Transport.Sockets;

    internal static bool IsInline(this Transport transport) => transport is Transport.Inline or Transport.InlineOnEpoll;

    internal static bool IsOnEpoll(this Transport transport) => transport is Transport.PoolOnEpoll or Transport.InlineOnEpoll;
}
