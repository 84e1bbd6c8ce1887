using Reactor.Kernel;
using Reactor.Polling;

namespace Reactor.Net.Tests.Aio;

/// <summary>More waits than polls, at a moment when the process has no descriptor for the set of the others.</summary>
[Collection(Alone.Name)]
public sealed class OverflowWithoutDescriptorsTests
{
    private const int Places = 4;

    /// <remarks>Nothing but the retry can wake the shard: no place becomes free, and nobody tells when a descriptor does.</remarks>
    [Fact]
    public async Task Who_waits_meanwhile_is_told_as_soon_as_there_is_one() => await Task.Run(ServeBeyondTheBudget).WaitAsync(Eventually.Patience);

    private static void ServeBeyondTheBudget()
    {
        AioContext.TryCreate(Places + 1, out AioContext? context).OrThrow("io_setup");
        using var backend = new AioPollBackend(context!);
        using var idle = new EventFd();
        using var ready = new EventFd();
        ready.Signal();
        List<int> handles = [.. Enumerable.Range(0, Places).Select(_ => Register(idle)), .. Enumerable.Range(0, 3).Select(_ => Register(ready))];
        Waiter[] waiters = [.. handles.Select(handle => Arm(handle))];
        int toldWithout = 0;
        using (var exhaustion = new DescriptorExhaustion())
        {
            // No assertion here, and no exception: the runtime needs descriptors for its first ones.
            for (int turn = 0; turn < 3; turn++)
            {
                backend.Harvest();
                backend.Submit();
                backend.Wait(null);
            }

            toldWithout = waiters.Sum(static waiter => waiter.Told);
            exhaustion.Free(1);
            backend.Submit();
            backend.Wait(null);
        }

        Assert.Equal(0, toldWithout);
        Assert.Equal([.. Enumerable.Repeat(0, Places), 1, 1, 1], waiters.Select(static waiter => waiter.Told));
        handles.ForEach(handle => backend.Close(handle, CloseMode.Cancel));

        int Register(EventFd file) => backend.Register(FileDescriptor.Duplicate(file.Fd).OrThrow("dup"));

        Waiter Arm(int handle)
        {
            var waiter = new Waiter();
            backend.Arm(handle, PollDirection.Read, waiter);
            return waiter;
        }
    }

    private sealed class Waiter : PollWaiter
    {
        internal int Told { get; private set; }

        internal override void OnReady(int result) => Told++;
    }
}
