namespace Reactor.Net;

/// <summary>
/// What becomes of the file of a socket that is bound to a path. Abstract names have no file, and no permissions: everybody
/// in the network namespace may connect to them, and <see cref="UnixConnection.PeerCredentials"/> tells who did.
/// </summary>
public sealed class UnixSocketFileOptions
{
    private const UnixFileMode All = (UnixFileMode)0b111_111_111;

    /// <summary>
    /// Whether a socket file that nobody has open any more, as a process leaves behind that was killed, is removed and the
    /// path bound anew. True by default. What somebody still has, and what is no socket, is never removed.
    /// </summary>
    public bool ReplaceStale { get; set; } = true;

    /// <summary>
    /// The permissions of the file; write permission is what connecting and sending take. They are in force before the
    /// first peer can come in. Null, the default, for what the process's umask leaves.
    /// </summary>
    public UnixFileMode? Mode { get; set; }

    /// <summary>The user whom the file is given to, which takes CAP_CHOWN. Null, the default, leaves it with the process's own.</summary>
    public uint? OwnerId { get; set; }

    /// <summary>The group that the file is given to: one of the process's groups, unless it has CAP_CHOWN. Null, the default, leaves it with what the kernel chose.</summary>
    public uint? GroupId { get; set; }

    /// <exception cref="ArgumentException">An option cannot be met.</exception>
    internal void Validate()
    {
        if (Mode is { } mode && (mode & ~All) != 0)
        {
            throw new ArgumentException($"{nameof(UnixSocketFileOptions)}.{nameof(Mode)} is {mode}: a socket's file has permissions to read, write and execute, and no others.", nameof(Mode));
        }
    }
}
