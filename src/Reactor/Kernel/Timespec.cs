using Tmds.Linux;

namespace Reactor.Kernel;

/// <summary>Conversion to the kernel's seconds and nanoseconds.</summary>
internal static class Timespec
{
    internal static timespec From(TimeSpan span) => new()
    {
        tv_sec = (time_t)(span.Ticks / TimeSpan.TicksPerSecond),
        tv_nsec = (int)(span.Ticks % TimeSpan.TicksPerSecond * TimeSpan.NanosecondsPerTick),
    };
}
