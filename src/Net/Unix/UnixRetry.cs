namespace Reactor.Net;

/// <summary>
/// When to try again what the kernel has no room for and does not announce any: a connect to a full backlog, a datagram to
/// the full queue of an address.
/// </summary>
internal static class UnixRetry
{
    internal static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(1);

    private static readonly TimeSpan s_longestPause = TimeSpan.FromMilliseconds(50);

    internal static TimeSpan Longer(TimeSpan pause) => pause * 2 < s_longestPause ? pause * 2 : s_longestPause;
}
