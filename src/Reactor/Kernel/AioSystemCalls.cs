using Tmds.Linux;

namespace Reactor.Kernel;

/// <summary>
/// The system calls of Linux AIO, as a seam: a test takes its place to answer what this machine's kernel does not
/// (ENOSYS, EPERM, EINVAL). Called once a turn, never once an event, so that the virtual call does not count.
/// </summary>
internal unsafe class AioSystemCalls
{
    internal static readonly AioSystemCalls Real = new();

    internal virtual SysResult Setup(int capacity, aio_context_t* context) =>
        SysResult.From(LibC.io_setup((uint)capacity, context));

    internal virtual SysResult Submit(aio_context_t context, iocb** iocbs, int count) =>
        SysResult.From(LibC.io_submit(context, count, iocbs));

    internal virtual SysResult GetEvents(aio_context_t context, int minimum, int count, io_event* events, timespec* timeout) =>
        SysResult.From(LibC.io_getevents(context, minimum, count, events, timeout));

    internal virtual SysResult PGetEvents(aio_context_t context, int minimum, int count, io_event* events, timespec* timeout, sigset_t* mask)
    {
        var sigset = new LibCExtra.AioSigset { Set = mask, Size = LibCExtra.KernelSigsetSize };
        return SysResult.From(LibCExtra.io_pgetevents(context, minimum, count, events, timeout, &sigset));
    }

    internal virtual SysResult Cancel(aio_context_t context, iocb* iocb, io_event* result) =>
        SysResult.From(LibCExtra.io_cancel(context, iocb, result));

    internal virtual SysResult Destroy(aio_context_t context) =>
        SysResult.From(LibC.io_destroy(context));
}
