using System.Text;
using Tmds.Linux;

namespace Reactor.Kernel;

/// <summary>What tells one file of the machine from all others, as long as it is there or somebody has it open.</summary>
internal readonly record struct FileIdentity(ulong Device, ulong Inode);

/// <summary>
/// A hold on a file that is neither read nor written: not on its path, at which another file may stand a moment later, but
/// on the file itself (O_PATH). A symbolic link is not followed.
/// </summary>
internal readonly unsafe struct FileReference : IDisposable
{
    private readonly int _fd;

    private FileReference(int fd) => _fd = fd;

    /// <summary>A path that leads to this very file, whatever becomes of its name.</summary>
    internal string Path => $"/proc/self/fd/{_fd}";

    internal static SysResult Open(string path, out FileReference file)
    {
        fixed (byte* name = Terminated(path))
        {
            SysResult result = SysResult.From(LibC.open(name, LibC.O_PATH | LibC.O_NOFOLLOW | LibC.O_CLOEXEC));
            file = new FileReference(result.Value);
            return result;
        }
    }

    /// <summary>What stands at a path now, without holding it. Fails with ENOENT when nothing does.</summary>
    internal static SysResult Identify(string path, out FileIdentity identity)
    {
        fixed (byte* name = Terminated(path))
        {
            return Identify(LibC.AT_FDCWD, name, LibC.AT_SYMLINK_NOFOLLOW, out identity, out _);
        }
    }

    /// <summary>Which file it is, and whether it is a socket's.</summary>
    internal SysResult Identify(out FileIdentity identity, out bool isSocket)
    {
        byte nothing = 0;
        return Identify(_fd, &nothing, LibC.AT_EMPTY_PATH, out identity, out isSocket);
    }

    internal SysResult SetMode(UnixFileMode mode)
    {
        // fchmod refuses a hold of this kind; fchmodat does by an empty path only since Linux 6.6.
        fixed (byte* name = Terminated(Path))
        {
            return SysResult.From(LibC.chmod(name, (ushort)mode));
        }
    }

    /// <summary>Gives the file to others; null leaves what it is.</summary>
    internal SysResult SetOwner(uint? user, uint? group)
    {
        const uint Unchanged = uint.MaxValue;
        byte nothing = 0;
        return SysResult.From(LibC.fchownat(_fd, &nothing, user ?? Unchanged, group ?? Unchanged, LibC.AT_EMPTY_PATH));
    }

    public void Dispose() => FileDescriptor.Close(_fd);

    internal static SysResult Unlink(string path)
    {
        fixed (byte* name = Terminated(path))
        {
            return SysResult.From(LibC.unlink(name));
        }
    }

    internal static byte[] Terminated(string path) => Encoding.UTF8.GetBytes(path + '\0');

    private static SysResult Identify(int directory, byte* path, int flags, out FileIdentity identity, out bool isSocket)
    {
        statx status;
        SysResult result = SysResult.From(LibC.statx(directory, path, flags, LibC.STATX_INO | LibC.STATX_TYPE, &status));
        identity = result.IsError ? default : new FileIdentity(((ulong)status.stx_dev_major << 32) | status.stx_dev_minor, status.stx_ino);
        isSocket = !result.IsError && (status.stx_mode & LibC.S_IFMT) == LibC.S_IFSOCK;
        return result;
    }
}
