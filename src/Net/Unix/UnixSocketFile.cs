using System.Net.Sockets;
using Reactor.Kernel;
using Tmds.Linux;

namespace Reactor.Net;

/// <summary>
/// The file of a socket that is bound to a path: comes about with the bind, replacing a stale one, and is removed when the
/// socket is closed, if it is still this one.
/// </summary>
/// <remarks>
/// <para>
/// <b>Stale or not</b> is asked of the kernel, by connecting a datagram socket to the very file that was found: refused, no
/// socket has it any more, nor ever will again; anything else, and one has it, of whatever kind, even if it does not listen
/// yet. The socket there notices nothing. (Connecting as the clients do would stand in the backlog of a server that is
/// alive, and would take one for dead that is between its bind and its listen.)
/// </para>
/// <para>
/// <b>Two who find the same stale file</b>: if both removed what stands at the path, the second could remove the new file
/// of the first. So looking and removing are done under a lock on the directory, and the file is compared once more before
/// it is removed. Binding needs no lock: it succeeds only where there is nothing. A program that removes files without the
/// lock can still come in between, in the moment after the comparison.
/// </para>
/// </remarks>
internal sealed class UnixSocketFile
{
    /// <summary>
    /// How long to wait for who has the directory's lock, blocking the shard. Who replaces a file has it for microseconds;
    /// without it we go on, and run the risk that the lock is there to remove.
    /// </summary>
    private static readonly TimeSpan s_lockPatience = TimeSpan.FromSeconds(1);

    private readonly string _path;
    private readonly FileIdentity _identity;

    private UnixSocketFile(string path, FileIdentity identity)
    {
        _path = path;
        _identity = identity;
    }

    /// <summary>What stands in the way of a bind.</summary>
    private enum Obstacle
    {
        None,
        InUse,
        NoSocket,
        Unknown,
    }

    /// <summary>Binds a socket to an address.</summary>
    /// <param name="attempt">What is tried on what, for messages.</param>
    /// <param name="shard">The current shard, which counts the system calls.</param>
    /// <param name="fd">The socket; the caller's to close if this throws.</param>
    /// <param name="endPoint">A path or an abstract name.</param>
    /// <param name="options">What becomes of the file.</param>
    /// <returns>The file; null for an abstract name.</returns>
    /// <exception cref="SocketException">The address is taken, the directory is not there, or permission lacks.</exception>
    internal static UnixSocketFile? Bind(string attempt, Shard shard, int fd, UnixDomainSocketEndPoint endPoint, UnixSocketFileOptions options)
    {
        options.Validate();
        NativeUnixAddress address = NativeUnixAddress.From(endPoint);
        if (!address.IsPath)
        {
            Check(Count(shard, UnixSockets.Bind(fd, address)));
            return null;
        }

        // The working directory may be another one when the file is to be removed. "a/.." is left to the kernel, because a
        // may be a symbolic link.
        string path = Path.Combine(Environment.CurrentDirectory, endPoint.ToString());
        if (options.Mode is { } mode)
        {
            // A datagram socket can be reached from its bind on: until it has its owner and mode, by its creator only.
            const UnixFileMode OwnOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;
            Check(Count(shard, UnixSockets.SetModeOfFutureFile(fd, mode & OwnOnly)));
        }

        SysResult bound = Count(shard, UnixSockets.Bind(fd, address));
        while (bound.Errno == LibC.EADDRINUSE)
        {
            RemoveObstacle(attempt, shard, path, options);
            bound = Count(shard, UnixSockets.Bind(fd, address));
        }

        Check(bound);
        return Settle(attempt, shard, path, options);

        void Check(SysResult result)
        {
            if (result.IsError)
            {
                throw UnixErrors.OfBinding(attempt, result.Errno);
            }
        }
    }

    /// <summary>Removes the file if it is still the one of this socket. While that is open, no other file can have its identity.</summary>
    internal void Remove()
    {
        // That it cannot be removed, because the directory has gone or become read-only, is for the next who binds: the file is stale then.
        if (IsAt(_path, _identity))
        {
            FileReference.Unlink(_path);
        }
    }

    /// <summary>Learns which file the bind has made, and gives it owner and permissions.</summary>
    private static UnixSocketFile Settle(string attempt, Shard shard, string path, UnixSocketFileOptions options)
    {
        Check("finding the file", FileReference.Open(path, out FileReference file));
        using (file)
        {
            Check("looking at the file", file.Identify(out FileIdentity identity, out _));
            var own = new UnixSocketFile(path, identity);
            try
            {
                // The owner first: permissions for a group are not to be another group's, however briefly.
                if (options.OwnerId is not null || options.GroupId is not null)
                {
                    Check($"giving the file to user {Name(options.OwnerId)}, group {Name(options.GroupId)}", file.SetOwner(options.OwnerId, options.GroupId));
                }

                if (options.Mode is { } mode)
                {
                    Check($"setting the file's permissions to {mode}", file.SetMode(mode));
                }

                return own;
            }
            catch
            {
                own.Remove();
                throw;
            }
        }

        void Check(string step, SysResult result)
        {
            if (Count(shard, result).IsError)
            {
                throw UnixErrors.OfSettling(attempt, step, result.Errno);
            }
        }

        static string Name(uint? id) => id?.ToString(System.Globalization.CultureInfo.InvariantCulture) ?? "(unchanged)";
    }

    /// <summary>Returns when it is worth while to bind again.</summary>
    /// <exception cref="SocketException">What stands at the path stays there.</exception>
    private static void RemoveObstacle(string attempt, Shard shard, string path, UnixSocketFileOptions options)
    {
        if (!options.ReplaceStale)
        {
            throw UnixErrors.InUse(attempt, $"there is a file already. If nobody uses it, remove it, or leave {nameof(UnixSocketFileOptions)}.{nameof(UnixSocketFileOptions.ReplaceStale)} on.");
        }

        using DirectoryLock held = DirectoryLock.Take(Path.GetDirectoryName(path)!, s_lockPatience);
        if (Count(shard, FileReference.Open(path, out FileReference file)) is { IsError: true } failure)
        {
            if (failure.Errno == LibC.ENOENT)
            {
                // Somebody else has removed it.
                return;
            }

            throw UnixErrors.OfBinding(attempt, failure.Errno);
        }

        using (file)
        {
            SysResult identified = Count(shard, file.Identify(out FileIdentity identity, out bool isSocket));
            if (identified.IsError)
            {
                throw UnixErrors.OfBinding(attempt, identified.Errno);
            }

            switch (isSocket ? Probe(attempt, shard, file) : Obstacle.NoSocket)
            {
                case Obstacle.InUse:
                    throw UnixErrors.InUse(attempt, "a process has a socket there. Stop it, or choose another path.");
                case Obstacle.NoSocket:
                    throw UnixErrors.InUse(attempt, "what is there is no socket, and is not removed. Choose another path.");
                case Obstacle.Unknown:
                    throw UnixErrors.InUse(attempt, "there is a socket's file, and whether somebody has the socket cannot be found out without write permission on it, and /proc. If nobody has, remove it.");
            }

            if (IsAt(path, identity) && Count(shard, FileReference.Unlink(path)) is { IsError: true } unlinked && unlinked.Errno != LibC.ENOENT)
            {
                throw UnixErrors.OfSettling(attempt, "removing the stale file of a former socket", unlinked.Errno);
            }
        }
    }

    private static Obstacle Probe(string attempt, Shard shard, FileReference file)
    {
        int probe = ShardSocket.Check(attempt, shard, UnixSockets.Create(SocketType.Dgram));
        try
        {
            SysResult result = Count(shard, UnixSockets.Connect(probe, NativeUnixAddress.From(new UnixDomainSocketEndPoint(file.Path))));
            return result.Errno switch
            {
                _ when result.Errno == LibC.ECONNREFUSED => Obstacle.None,

                // A datagram socket; one that is connected to another; one of another kind.
                _ when !result.IsError || result.Errno == LibC.EPERM || result.Errno == LibC.EPROTOTYPE => Obstacle.InUse,
                _ => Obstacle.Unknown,
            };
        }
        finally
        {
            FileDescriptor.Close(probe);
        }
    }

    private static bool IsAt(string path, FileIdentity identity) =>
        !FileReference.Identify(path, out FileIdentity present).IsError && present == identity;

    private static SysResult Count(Shard shard, SysResult result)
    {
        shard.Counters.IoCalls++;
        return result;
    }
}
