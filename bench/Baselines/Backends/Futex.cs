using System.Runtime.InteropServices;
using Reactor.Kernel;
using Tmds.Linux;

namespace Reactor.Bench.Backends;

/// <summary>The cheapest way for one thread to sleep until another says so.</summary>
internal static unsafe partial class Futex
{
    private const int WaitPrivate = 0 | 128;
    private const int WakePrivate = 1 | 128;

    private static readonly nint s_number = RuntimeInformation.ProcessArchitecture switch
    {
        Architecture.X64 => 202,
        Architecture.Arm64 => 98,
        _ => 240,
    };

    /// <summary>Sleeps while the word is <paramref name="value"/>, until it is woken or the time is over; false if the word was another.</summary>
    internal static bool Wait(int* word, int value, TimeSpan? timeout)
    {
        timespec duration = Timespec.From(timeout ?? TimeSpan.Zero);
        return Call(s_number, word, WaitPrivate, value, timeout is null ? null : &duration) == 0 || Marshal.GetLastPInvokeError() != LibC.EAGAIN;
    }

    internal static void Wake(int* word) => Call(s_number, word, WakePrivate, 1, null);

    [LibraryImport("libc.so.6", EntryPoint = "syscall", SetLastError = true)]
    private static partial nint Call(nint number, int* word, nint operation, nint value, timespec* timeout);
}
