using Reactor.Kernel;

namespace Reactor.Tests.Support;

internal static class Contexts
{
    internal static AioContext Create(int capacity, AioSystemCalls? calls = null, bool useRing = true)
    {
        AioContext.TryCreate(capacity, out AioContext? context, calls, useRing).OrThrow($"io_setup({capacity})");
        return context!;
    }
}
