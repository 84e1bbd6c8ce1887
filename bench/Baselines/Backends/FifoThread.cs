using System.Runtime.InteropServices;
using Reactor.Kernel;

namespace Reactor.Bench.Backends;

/// <summary>
/// A thread that the kernel lets run before every ordinary one as soon as it has something to do, as the old designs need
/// it: one that has to wait its turn would tell too late that another's turn is over. That takes a privilege; without it the
/// thread is an ordinary one, and says so.
/// </summary>
internal sealed partial class FifoThread
{
    private const int SCHED_FIFO = 1;

    /// <summary>Any will do: there is nothing else of its class.</summary>
    private const int Priority = 1;

    private readonly Thread _thread;
    private readonly TaskCompletionSource<bool> _isFifo = new();

    /// <param name="name">For those who look at the process.</param>
    /// <param name="cpu">Its CPU; null for that of the calling thread.</param>
    /// <param name="body">What it does.</param>
    internal FifoThread(string name, int? cpu, Action body)
    {
        CpuSet cpus = cpu is { } own ? new CpuSet([own]) : ThreadAffinity.Get();
        _thread = new Thread(() =>
        {
            ThreadAffinity.TrySet(cpus).OrThrow("sched_setaffinity");
            int priority = Priority;
            _isFifo.SetResult(SetScheduler(0, SCHED_FIFO, ref priority) == 0);
            body();
        })
        {
            Name = name,
            IsBackground = true,
        };
        _thread.Start();
        if (!_isFifo.Task.GetAwaiter().GetResult())
        {
            Console.Error.WriteLine($"warning: the {name} thread has no SCHED_FIFO priority, which takes CAP_SYS_NICE or an RLIMIT_RTPRIO of at least {Priority}: it runs as an ordinary thread, and what is measured is not the design at its best.");
        }
    }

    internal string Description => _isFifo.Task.Result ? "a SCHED_FIFO thread" : "a thread of ordinary priority";

    internal void Join() => _thread.Join();

    [LibraryImport("libc.so.6", EntryPoint = "sched_setscheduler", SetLastError = true)]
    private static partial int SetScheduler(int thread, int policy, ref int priority);
}
