namespace Reactor.Polling;

/// <summary>The two slots of a polled file descriptor.</summary>
internal enum PollDirection
{
    Read = 0,
    Write = 1,
}
