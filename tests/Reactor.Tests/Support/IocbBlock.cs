using System.Runtime.InteropServices;
using Reactor.Kernel;
using Tmds.Linux;

namespace Reactor.Tests.Support;

/// <summary>Iocbs in native memory, and the array of their addresses that io_submit wants.</summary>
internal sealed unsafe class IocbBlock : IDisposable
{
    internal IocbBlock(int count)
    {
        Iocbs = (iocb*)NativeMemory.AllocZeroed((nuint)count, (nuint)sizeof(iocb));
        Addresses = (iocb**)NativeMemory.Alloc((nuint)count, (nuint)sizeof(iocb*));
        Events = (io_event*)NativeMemory.AllocZeroed((nuint)count, (nuint)sizeof(io_event));
        for (int i = 0; i < count; i++)
        {
            Addresses[i] = Iocbs + i;
        }
    }

    internal iocb* Iocbs { get; }

    internal iocb** Addresses { get; }

    /// <summary>As many events as there are iocbs.</summary>
    internal io_event* Events { get; }

    internal void SetPoll(int index, int fd, ulong data, int events)
    {
        Iocbs[index] = default;
        Iocbs[index].aio_lio_opcode = LibCExtra.IOCB_CMD_POLL;
        Iocbs[index].aio_fildes = fd;
        Iocbs[index].aio_data = data;
        Iocbs[index].aio_buf = (ulong)events;
    }

    public void Dispose()
    {
        NativeMemory.Free(Iocbs);
        NativeMemory.Free(Addresses);
        NativeMemory.Free(Events);
    }
}
