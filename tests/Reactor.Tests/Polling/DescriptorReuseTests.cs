using Reactor.Polling;
using Reactor.Tests.Support;

namespace Reactor.Tests.Polling;

/// <summary>Descriptor numbers are the whole process's: nobody else may open one while these tests watch.</summary>
[Collection(Alone.Name)]
public sealed class DescriptorReuseTests : IDisposable
{
    // More places than any test here needs, also when completions come late: no wait goes elsewhere, which takes a descriptor.
    private readonly AioPollBackend _backend = new(Contexts.Create(256));

    /// <remarks>
    /// Each round, a socket is closed under an armed poll that fires at that moment, its number is taken by a fresh pair
    /// at once, and nothing has been written to that.
    /// </remarks>
    [Theory]
    [InlineData(CloseMode.Graceful)]
    [InlineData(CloseMode.Reset)]
    [InlineData(CloseMode.Cancel)]
    internal void A_number_used_again_at_once_gets_no_event_of_its_predecessor(CloseMode mode)
    {
        const int Rounds = 1000;
        int reused = 0;
        (int own, int peer) = Descriptors.Tcp();
        int handle = _backend.Register(own);
        var waiter = new RecordingWaiter();
        _backend.Arm(handle, PollDirection.Read, waiter);
        Turn();
        for (int round = 0; round < Rounds; round++)
        {
            Descriptors.Write(peer);
            _backend.Close(handle, mode);
            TurnUntilAllAreClosed();
            Descriptors.Close(peer);
            int previous = own;
            (own, peer) = Descriptors.Tcp();
            reused += own == previous || peer == previous ? 1 : 0;
            handle = _backend.Register(own);
            var successor = new RecordingWaiter();
            _backend.Arm(handle, PollDirection.Read, successor);
            Turn();
            Turn();
            Assert.Equal((0, 0), (waiter.Count, successor.Count));
            waiter = successor;
        }

        Assert.True(reused > Rounds / 2, $"only {reused} numbers were used again: the test proves nothing");
        Assert.Equal(1, _backend.Counters.PollsArmed);
        _backend.Close(handle, mode);
        Descriptors.Close(peer);
        TurnUntilAllAreClosed();
    }

    [Fact]
    public void A_number_is_not_free_while_the_kernel_holds_a_poll_on_it()
    {
        (int read, int write) = Descriptors.Pipe();
        int handle = _backend.Register(read);
        _backend.Arm(handle, PollDirection.Read, new RecordingWaiter());
        Turn();
        _backend.Close(handle, CloseMode.Cancel);
        Assert.True(Descriptors.IsOpen(read));
        TurnUntilAllAreClosed();
        Assert.False(Descriptors.IsOpen(read));
        Descriptors.Close(write);
    }

    [Theory]
    [InlineData(CloseMode.Graceful)]
    [InlineData(CloseMode.Reset)]
    [InlineData(CloseMode.Cancel)]
    internal void No_descriptor_is_left_after_many_closes(CloseMode mode)
    {
        // What the runtime opens at the first time stays open.
        OpenAndClose(times: 1);
        int before = ProcessState.OpenDescriptors;
        OpenAndClose(times: 100);
        Assert.Equal(before, ProcessState.OpenDescriptors);

        void OpenAndClose(int times)
        {
            for (int round = 0; round < times; round++)
            {
                (int own, int peer) = Descriptors.Tcp();
                int handle = _backend.Register(own);
                _backend.Arm(handle, PollDirection.Read, new RecordingWaiter());
                Turn();
                _backend.Close(handle, mode);
                Descriptors.Close(peer);
            }

            TurnUntilAllAreClosed();
        }
    }

    public void Dispose() => _backend.Dispose();

    private void TurnUntilAllAreClosed() => Eventually.Until(
        () =>
        {
            Turn();
            return _backend.Counters.Closing == 0;
        },
        "closed");

    private void Turn()
    {
        _backend.Harvest();
        _backend.Submit();
        _backend.Harvest();
    }
}
