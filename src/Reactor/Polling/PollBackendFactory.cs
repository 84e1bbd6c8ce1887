using System.Globalization;
using Reactor.Kernel;
using Tmds.Linux;

namespace Reactor.Polling;

/// <summary>
/// Makes the backend that the options ask for, by trying, never by looking at version numbers: Linux AIO, with as many polls
/// as the system has left; where its polls are not to be had at all, epoll.
/// </summary>
internal static class PollBackendFactory
{
    /// <summary>The smallest context that is worth having.</summary>
    internal const int MinimumBudget = 64;

    /// <summary>Places of a context beside the budget.</summary>
    internal const int ExtraPlaces = 2;

    /// <param name="kind">What the options ask for.</param>
    /// <param name="budget">The polls that may be armed at a time; a smaller context is taken when the system has no more.</param>
    /// <param name="shards">How many shards share what the system has left.</param>
    /// <param name="calls">The system calls; the real ones when null.</param>
    /// <returns>The backend, and what was found, for the log.</returns>
    /// <exception cref="InvalidOperationException">Linux AIO was asked for and is not to be had.</exception>
    internal static (PollBackend Backend, string Choice) Create(BackendKind kind, int budget, int shards, AioSystemCalls? calls = null)
    {
        if (kind == BackendKind.Epoll)
        {
            return (new EpollPollBackend(), "as the options ask for");
        }

        if (TryCreateAio(budget, shards, calls, out string finding) is { } aio)
        {
            return (aio, finding);
        }

        return kind == BackendKind.Auto ? (new EpollPollBackend(), finding) : throw new InvalidOperationException(finding);
    }

    private static AioPollBackend? TryCreateAio(int budget, int shards, AioSystemCalls? calls, out string finding)
    {
        int capacity = Math.Max(Math.Min(budget, FairShare(shards)), Math.Min(budget, MinimumBudget));
        while (true)
        {
            // Two places more than the budget: for the wake-up, and for the set of those beyond it.
            SysResult result = AioContext.TryCreate(capacity + ExtraPlaces, out AioContext? context, calls);
            if (context is not null)
            {
                SysResult poll = TryPoll(context);
                if (!poll.IsError)
                {
                    finding = Describe(context, capacity, budget);
                    return new AioPollBackend(context);
                }

                context.Dispose();
                finding = $"Linux AIO has no polls here: io_submit(IOCB_CMD_POLL) failed with {Errno.Describe(poll.Errno)}. They came with Linux 4.18, and some sandboxes (gVisor) lack them.";
                return null;
            }

            if (result.Errno != LibC.EAGAIN || capacity <= MinimumBudget)
            {
                finding = Explain(capacity, result.Errno);
                return null;
            }

            capacity = Math.Max(capacity / 2, MinimumBudget);
        }
    }

    private static string Describe(AioContext context, int capacity, int budget)
    {
        string polls = capacity < budget
            ? $"{capacity} polls at a time instead of {budget}, because of fs.aio-max-nr ({Read("aio-max-nr")}, of which {Read("aio-nr")} are in use)"
            : $"{capacity} polls at a time";
        return $"{polls}, waiting by {(context.UsesPGetEvents ? "io_pgetevents" : "io_getevents")}{(context.ReadsRing ? "" : ", with a ring that is not read from user memory")}";
    }

    /// <summary>Polls a descriptor that is ready, and takes the completion: whoever has AIO need not have polls.</summary>
    private static unsafe SysResult TryPoll(AioContext context)
    {
        using var ready = new EventFd();
        ready.Signal();
        iocb poll = new() { aio_lio_opcode = LibCExtra.IOCB_CMD_POLL, aio_fildes = ready.Fd, aio_buf = (ushort)LibC.POLLIN };
        iocb* address = &poll;
        SysResult submitted = context.Submit(&address, 1);
        if (submitted.IsError)
        {
            return submitted;
        }

        io_event completion;
        SysResult waited;
        do
        {
            waited = context.Wait(&completion, 1, 1, null);
        }
        while (waited.Errno == LibC.EINTR);

        return waited;
    }

    /// <summary>Half of what is left of fs.aio-max-nr, divided by the shards: the limit is the whole machine's.</summary>
    private static int FairShare(int shards) =>
        Read("aio-max-nr") is { } limit && Read("aio-nr") is { } used
            ? (int)Math.Clamp((limit - used) / 2 / shards, 0, int.MaxValue / 2)
            : int.MaxValue;

    private static string Explain(int capacity, int errno)
    {
        string message = $"Linux AIO is not to be had: io_setup({capacity + ExtraPlaces}) failed with {Errno.Describe(errno)}.";
        return errno == LibC.EAGAIN
            ? $"{message} The system-wide limit fs.aio-max-nr is {Read("aio-max-nr")}, of which {Read("aio-nr")} are in use; each shard needs at least {MinimumBudget + ExtraPlaces}. Raise it with 'sysctl -w fs.aio-max-nr=N', or stop what uses it."
            : $"{message} The kernel has no AIO (CONFIG_AIO), or a sandbox refuses it.";
    }

    private static long? Read(string name)
    {
        try
        {
            return long.Parse(File.ReadAllText($"/proc/sys/fs/{name}"), CultureInfo.InvariantCulture);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or FormatException)
        {
            return null;
        }
    }
}
