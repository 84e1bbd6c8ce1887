using Reactor.Kernel;
using Tmds.Linux;

namespace Reactor.Tests.Support;

/// <summary>A kernel that answers some calls with an error of the test's choice; null lets the call through.</summary>
internal sealed unsafe class RefusingCalls : AioSystemCalls
{
    /// <summary>The errno for io_setup with this many places.</summary>
    internal Func<int, int?>? OnSetup { get; init; }

    /// <summary>The errno for io_submit of this many iocbs.</summary>
    internal Func<int, int?>? OnSubmit { get; set; }

    internal Func<int?>? OnGetEvents { get; init; }

    internal Func<int?>? OnPGetEvents { get; init; }

    internal int Setups { get; private set; }

    internal int Submits { get; private set; }

    internal int GetEventsCalls { get; private set; }

    internal int PGetEventsCalls { get; private set; }

    internal override SysResult Setup(int capacity, aio_context_t* context)
    {
        Setups++;
        return OnSetup?.Invoke(capacity) is { } errno ? SysResult.Failure(errno) : base.Setup(capacity, context);
    }

    internal override SysResult Submit(aio_context_t context, iocb** iocbs, int count)
    {
        Submits++;
        return OnSubmit?.Invoke(count) is { } errno ? SysResult.Failure(errno) : base.Submit(context, iocbs, count);
    }

    internal override SysResult GetEvents(aio_context_t context, int minimum, int count, io_event* events, timespec* timeout)
    {
        GetEventsCalls++;
        return OnGetEvents?.Invoke() is { } errno ? SysResult.Failure(errno) : base.GetEvents(context, minimum, count, events, timeout);
    }

    internal override SysResult PGetEvents(aio_context_t context, int minimum, int count, io_event* events, timespec* timeout, sigset_t* mask)
    {
        PGetEventsCalls++;
        return OnPGetEvents?.Invoke() is { } errno ? SysResult.Failure(errno) : base.PGetEvents(context, minimum, count, events, timeout, mask);
    }
}
