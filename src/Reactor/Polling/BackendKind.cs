namespace Reactor;

/// <summary>How a shard learns which of its file descriptors are ready.</summary>
public enum BackendKind
{
    /// <summary>The best that the machine allows. As an option only; a running shard names what was chosen.</summary>
    Auto = 0,

    /// <summary>
    /// Linux AIO polls (<c>IOCB_CMD_POLL</c>, Linux 4.19): one <c>io_submit</c> for all polls of a turn, completions read
    /// from a ring in user memory. Needs no privilege; its polls are charged to <c>fs.aio-max-nr</c>.
    /// </summary>
    LinuxAio = 1,

    /// <summary>
    /// A level-triggered epoll set that the shard's own thread asks, in which a descriptor stays registered. What is taken
    /// where Linux AIO is not to be had, and what its polls are compared with.
    /// </summary>
    Epoll = 2,
}
