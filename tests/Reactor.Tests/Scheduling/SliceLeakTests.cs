using System.Diagnostics;
using Reactor.Scheduling;
using Reactor.Tests.Support;
using Tmds.Linux;

namespace Reactor.Tests.Scheduling;

[Collection(Alone.Name)]
public sealed class SliceLeakTests
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_slice_gives_everything_back(bool isRefused)
    {
        Use();
        int descriptors = ProcessState.OpenDescriptors;
        int contexts = ProcessState.AioContexts;
        for (int i = 0; i < 20; i++)
        {
            Use();
        }

        Assert.Equal(descriptors, ProcessState.OpenDescriptors);
        Assert.Equal(contexts, ProcessState.AioContexts);

        void Use()
        {
            var calls = new RefusingCalls();
            using var slice = new Slice(Stopwatch.Frequency, calls);
            slice.Begin(System.Diagnostics.Stopwatch.GetTimestamp());
            calls.OnSubmit = isRefused ? static _ => LibC.EAGAIN : null;
            _ = slice.MayBeOver && slice.IsOver(long.MaxValue);
        }
    }

    [Fact]
    public void One_that_the_kernel_gives_no_poll_holds_nothing()
    {
        int descriptors = ProcessState.OpenDescriptors;
        int contexts = ProcessState.AioContexts;
        using var slice = new Slice(Stopwatch.Frequency, new RefusingCalls { OnSubmit = static _ => LibC.EINVAL });
        Assert.Equal(descriptors, ProcessState.OpenDescriptors);
        Assert.Equal(contexts, ProcessState.AioContexts);
    }
}
