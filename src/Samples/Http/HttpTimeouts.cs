namespace Reactor.Samples.Http;

/// <summary>How long a peer may take. Checked once a second by a clock that moves once a second, so each is a second more or less.</summary>
internal sealed record HttpTimeouts
{
    public static HttpTimeouts Default { get; } = new();

    /// <summary>Between requests; then the connection is closed.</summary>
    public TimeSpan Idle { get; init; } = TimeSpan.FromSeconds(120);

    /// <summary>From the first byte of a request to the end of its head, however busily it trickles; then 408.</summary>
    public TimeSpan Head { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Between two pieces of a body; then 408.</summary>
    public TimeSpan Body { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>For a peer that does not read its answers; then the connection is reset.</summary>
    public TimeSpan Send { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>From our last byte to the peer's; then the connection is closed.</summary>
    public TimeSpan Linger { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>How often the clock looks at all connections.</summary>
    public TimeSpan Tick { get; init; } = TimeSpan.FromSeconds(1);
}
