using System.Runtime.CompilerServices;
using Tmds.Linux;

namespace Reactor.Kernel;

/// <summary>
/// What a system call answered: its return value and, when that says failure, the errno that came with it.
/// Eight bytes, so that it travels in one register.
/// </summary>
/// <param name="Value">The return value; negative when the call failed.</param>
/// <param name="Errno">0, or the errno of the failure.</param>
internal readonly record struct SysResult(int Value, int Errno)
{
    internal bool IsError => Errno != 0;

    /// <summary>Nothing now, ask again when the descriptor is ready: EAGAIN, which Linux also calls EWOULDBLOCK.</summary>
    internal bool WouldBlock => Errno == LibC.EAGAIN;

    /// <summary>Takes the return value of a call made just before on this thread, whose errno was kept by SetLastError.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static SysResult From(long returned) =>
        returned >= 0 ? new SysResult((int)returned, 0) : new SysResult(-1, LibC.errno);

    internal static SysResult Failure(int errno) => new(-1, errno);

    /// <summary>The value, or an <see cref="IOException"/> that says what was tried.</summary>
    internal int OrThrow(string operation) =>
        IsError ? throw new IOException($"{operation} failed: {Kernel.Errno.Describe(Errno)}") : Value;
}
