using Microsoft.Win32.SafeHandles;
using Tmds.Linux;

namespace Reactor.Kernel;

/// <summary>
/// A counter in the kernel that makes a poll ready when it is written: how other threads wake a sleeping shard. A safe
/// handle, because a thread may signal while the shard that it wakes is closing the descriptor, and must not write to
/// whoever gets the number next.
/// </summary>
internal sealed unsafe class EventFd : SafeHandleZeroOrMinusOneIsInvalid
{
    internal EventFd()
        : base(ownsHandle: true) =>
        SetHandle(SysResult.From(LibC.eventfd(0, LibC.EFD_NONBLOCK | LibC.EFD_CLOEXEC)).OrThrow("eventfd"));

    internal int Fd => (int)handle;

    /// <summary>Makes the descriptor readable. Safe on any thread, and without effect once the handle is closed.</summary>
    internal void Signal()
    {
        bool held = false;
        try
        {
            DangerousAddRef(ref held);
            ulong one = 1;
            while (SysResult.From(LibC.write(Fd, &one, sizeof(ulong))).Errno == LibC.EINTR)
            {
            }

            // EAGAIN says that the counter is full, so the descriptor is readable already.
        }
        catch (ObjectDisposedException)
        {
            // The shard has stopped meanwhile: there is nobody to wake.
        }
        finally
        {
            if (held)
            {
                DangerousRelease();
            }
        }
    }

    /// <summary>Makes the descriptor unreadable again.</summary>
    internal void Drain()
    {
        ulong count;
        while (SysResult.From(LibC.read(Fd, &count, sizeof(ulong))).Errno == LibC.EINTR)
        {
        }
    }

    protected override bool ReleaseHandle() => !FileDescriptor.Close((int)handle).IsError;
}
