using Reactor.Polling;
using Reactor.Tests.Support;
using Tmds.Linux;

namespace Reactor.Tests.Polling;

public sealed class PollBackendFactoryTests
{
    [Fact]
    public void The_context_has_one_place_more_than_the_budget_for_the_wake_up()
    {
        using PollBackend backend = PollBackendFactory.Create(BackendKind.Auto, 100, 1).Backend;
        Assert.Equal(101, Assert.IsType<AioPollBackend>(backend).Budget);
        Assert.Equal(BackendKind.LinuxAio, backend.Kind);
    }

    [Fact]
    public void When_the_system_has_too_little_left_a_smaller_context_is_taken()
    {
        var asked = new List<int>();
        var calls = new RefusingCalls
        {
            OnSetup = capacity =>
            {
                asked.Add(capacity);
                return capacity > 100 ? LibC.EAGAIN : null;
            },
        };
        (PollBackend backend, string choice) = PollBackendFactory.Create(BackendKind.Auto, 1000, 1, calls);
        using PollBackend created = backend;
        Assert.InRange(Assert.IsType<AioPollBackend>(backend).Budget, PollBackendFactory.MinimumBudget + 1, 100);
        Assert.Equal(asked.OrderDescending(), asked);
        Assert.Contains("instead of 1000", choice, StringComparison.Ordinal);
    }

    [Fact]
    public void When_not_even_the_smallest_context_is_to_be_had_the_message_names_the_limit_and_the_number()
    {
        int least = int.MaxValue;
        var calls = new RefusingCalls
        {
            OnSetup = capacity =>
            {
                least = Math.Min(least, capacity);
                return LibC.EAGAIN;
            },
        };
        string message = Message(calls);
        Assert.Contains("fs.aio-max-nr", message, StringComparison.Ordinal);
        Assert.Contains("sysctl -w", message, StringComparison.Ordinal);
        Assert.Contains($"at least {PollBackendFactory.MinimumBudget + PollBackendFactory.ExtraPlaces}", message, StringComparison.Ordinal);
        Assert.Equal(PollBackendFactory.MinimumBudget + PollBackendFactory.ExtraPlaces, least);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_kernel_without_AIO_is_named_as_such_and_not_asked_twice(bool refusedBySandbox)
    {
        var calls = new RefusingCalls { OnSetup = _ => refusedBySandbox ? LibC.EPERM : LibC.ENOSYS };
        string message = Message(calls);
        Assert.Contains(refusedBySandbox ? "EPERM" : "ENOSYS", message, StringComparison.Ordinal);
        Assert.Contains("CONFIG_AIO", message, StringComparison.Ordinal);
        Assert.Equal(1, calls.Setups);
    }

    /// <remarks>gVisor, and kernels before 4.18: io_setup succeeds, and every poll is EINVAL.</remarks>
    [Fact]
    public void A_kernel_that_has_AIO_but_no_polls_is_found_out_when_the_backend_is_made()
    {
        var calls = new RefusingCalls { OnSubmit = _ => LibC.EINVAL };
        string message = Message(calls);
        Assert.Contains("EINVAL", message, StringComparison.Ordinal);
    }

    [Fact]
    public void Where_AIO_is_refused_epoll_is_taken_and_the_reason_told()
    {
        var calls = new RefusingCalls { OnSetup = _ => LibC.EPERM };
        (PollBackend backend, string choice) = PollBackendFactory.Create(BackendKind.Auto, 1000, 1, calls);
        using PollBackend created = backend;
        Assert.Equal(BackendKind.Epoll, created.Kind);
        Assert.Contains("EPERM", choice, StringComparison.Ordinal);
    }

    [Fact]
    public void Epoll_is_taken_where_it_is_asked_for_without_trying_AIO()
    {
        var calls = new RefusingCalls();
        using PollBackend backend = PollBackendFactory.Create(BackendKind.Epoll, 1000, 1, calls).Backend;
        Assert.Equal(BackendKind.Epoll, backend.Kind);
        Assert.Equal(0, calls.Setups);
    }

    [Fact]
    public void Without_io_pgetevents_the_context_waits_by_io_getevents()
    {
        var calls = new RefusingCalls { OnPGetEvents = () => LibC.ENOSYS };
        (PollBackend backend, string choice) = PollBackendFactory.Create(BackendKind.LinuxAio, 100, 1, calls);
        using PollBackend created = backend;
        Assert.Contains("by io_getevents", choice, StringComparison.Ordinal);
        created.Wait(TimeSpan.Zero);
        Assert.True(calls.GetEventsCalls > 0);
    }

    /// <summary>Of the start that asks for AIO and nothing else.</summary>
    private static string Message(RefusingCalls calls) =>
        Assert.Throws<InvalidOperationException>(() => PollBackendFactory.Create(BackendKind.LinuxAio, 1000, 1, calls).Backend.Dispose()).Message;
}
