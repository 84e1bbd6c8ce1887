namespace Reactor.Polling;

/// <summary>How a polled file descriptor is made to let go of its armed polls before it is closed.</summary>
internal enum CloseMode
{
    /// <summary>A socket: shut down both ways; the peer gets FIN once everything written has gone.</summary>
    Graceful,

    /// <summary>A TCP socket: dissolve the connection; the peer gets RST and what is unsent is dropped.</summary>
    Reset,

    /// <summary>Anything else: cancel its polls one by one.</summary>
    Cancel,
}
