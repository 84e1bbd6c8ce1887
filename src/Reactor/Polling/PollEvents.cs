namespace Reactor;

/// <summary>What a file descriptor is waited for, and what it is ready for: the bits of poll(2).</summary>
[Flags]
public enum PollEvents
{
    /// <summary>Nothing.</summary>
    None = 0,

    /// <summary>There is something to read, or the end (POLLIN).</summary>
    Readable = 0x001,

    /// <summary>Something exceptional is there: urgent data of a TCP socket, a changed attribute of a device (POLLPRI).</summary>
    Priority = 0x002,

    /// <summary>Writing would not block (POLLOUT).</summary>
    Writable = 0x004,

    /// <summary>An error waits; told whether asked for or not (POLLERR).</summary>
    Error = 0x008,

    /// <summary>The other end is gone; told whether asked for or not (POLLHUP).</summary>
    HangUp = 0x010,

    /// <summary>The peer of a stream socket has finished sending (POLLRDHUP).</summary>
    ReadHangUp = 0x2000,
}
