using System.Runtime.InteropServices;
using Tmds.Linux;

namespace Reactor.Kernel;

/// <summary>
/// The calls and constants that Tmds.LibC lacks; nothing else of the kernel is declared anywhere in this project.
/// Numbers are those of the kernel's uapi headers (linux/aio_abi.h, linux/timerfd.h, linux/prctl.h, asm-generic/resource.h, asm-generic/fcntl.h, asm/unistd.h).
/// </summary>
internal static unsafe class LibCExtra
{
    /// <summary>One-shot poll of a file descriptor, completed through the AIO ring (Linux 4.18).</summary>
    internal const ushort IOCB_CMD_POLL = 5;

    internal const int CLOCK_MONOTONIC = 1;
    internal const int LOCK_EX = 2;
    internal const int LOCK_NB = 4;
    internal const int PR_SET_TIMERSLACK = 29;
    internal const int PR_GET_TIMERSLACK = 30;
    internal const int RLIMIT_NOFILE = 7;
    internal const int TFD_NONBLOCK = 0x800;
    internal const int TFD_CLOEXEC = 0x80000;

    /// <summary>The size of the kernel's own sigset_t, which io_pgetevents insists on; glibc's is larger.</summary>
    internal const int KernelSigsetSize = 8;

    private static readonly Architecture s_architecture = RuntimeInformation.ProcessArchitecture;

    private static int SYS_io_cancel => s_architecture switch
    {
        Architecture.X64 => 210,
        Architecture.Arm64 => 3,
        _ => 247,
    };

    private static int SYS_io_pgetevents => s_architecture switch
    {
        Architecture.X64 => 333,
        Architecture.Arm64 => 292,
        _ => 399,
    };

    /// <summary>The same on all architectures.</summary>
    private const int SYS_epoll_pwait2 = 441;

    /// <summary>The mask argument of io_pgetevents: <c>{ const sigset_t *set; size_t size }</c>.</summary>
    internal struct AioSigset
    {
        internal sigset_t* Set;
        internal size_t Size;
    }

    internal struct Itimerspec
    {
        internal timespec Interval;
        internal timespec Value;
    }

    internal struct Rlimit
    {
        internal ulong Current;
        internal ulong Maximum;
    }

    internal static int io_pgetevents(aio_context_t context, int minimum, int count, io_event* events, timespec* timeout, AioSigset* mask) =>
        (int)LibC.syscall(SYS_io_pgetevents, context.ring, minimum, count, events, timeout, mask);

    internal static int io_cancel(aio_context_t context, iocb* iocb, io_event* result) =>
        (int)LibC.syscall(SYS_io_cancel, context.ring, iocb, result);

    internal static int epoll_pwait2(int set, epoll_event* events, int count, timespec* timeout) =>
        (int)LibC.syscall(SYS_epoll_pwait2, set, events, count, timeout, null, (size_t)0);

    [DllImport("libc")]
    internal static extern int gettid();

    [DllImport("libc", SetLastError = true)]
    internal static extern int flock(int fd, int operation);

    [DllImport("libc", SetLastError = true)]
    internal static extern int recvmmsg(int fd, mmsghdr* messages, uint count, int flags, timespec* timeout);

    [DllImport("libc", SetLastError = true)]
    internal static extern int sendmmsg(int fd, mmsghdr* messages, uint count, int flags);

    [DllImport("libc", SetLastError = true)]
    internal static extern int timerfd_create(int clock, int flags);

    [DllImport("libc", SetLastError = true)]
    internal static extern int timerfd_settime(int fd, int flags, Itimerspec* value, Itimerspec* old);

    [DllImport("libc", SetLastError = true)]
    internal static extern int getrlimit(int resource, Rlimit* limit);

    /// <summary>Declared with all its arguments: glibc's prototype is variadic, and reads every one of them.</summary>
    [DllImport("libc", SetLastError = true)]
    internal static extern int prctl(int option, nuint argument2, nuint argument3, nuint argument4, nuint argument5);
}
