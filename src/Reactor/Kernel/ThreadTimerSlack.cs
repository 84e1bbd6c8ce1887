namespace Reactor.Kernel;

/// <summary>
/// By how much the kernel may delay the calling thread's timed waits, so as to wake for several at once: 50 µs unless
/// told otherwise, which is half of a wait of 100 µs. Always about the calling thread: nothing else can be asked without
/// privilege.
/// </summary>
/// <remarks>
/// A thread begins with the slack of the thread that made it. Real-time and deadline threads have none.
/// </remarks>
internal static class ThreadTimerSlack
{
    /// <summary>The least that can be asked for; zero means the default.</summary>
    internal const int MinimumNanoseconds = 1;

    internal static SysResult Get() => SysResult.From(LibCExtra.prctl(LibCExtra.PR_GET_TIMERSLACK, 0, 0, 0, 0));

    /// <param name="nanoseconds">Zero goes back to the slack with which the thread began.</param>
    internal static SysResult TrySet(int nanoseconds) =>
        SysResult.From(LibCExtra.prctl(LibCExtra.PR_SET_TIMERSLACK, (nuint)nanoseconds, 0, 0, 0));
}
