using Reactor.Kernel;
using Reactor.Tests.Support;

namespace Reactor.Tests.Kernel;

[Collection(Alone.Name)]
public sealed class AioLimitTests
{
    /// <remarks>The counter is the whole machine's: when another process has moved it meanwhile, the test looks again.</remarks>
    [Fact]
    public void A_context_is_charged_to_aio_nr_and_given_back_on_dispose()
    {
        const int Capacity = 1234;
        Eventually.Until(
            () =>
            {
                long before = ProcessState.AioNr;
                AioContext context = Contexts.Create(Capacity);
                long during = ProcessState.AioNr;
                context.Dispose();
                return during == before + Capacity && ProcessState.AioNr == before;
            },
            $"aio-nr goes up by {Capacity} and down again");
    }

    [Fact]
    public void Dispose_unmaps_the_ring()
    {
        int before = ProcessState.AioContexts;
        AioContext context = Contexts.Create(8);
        Assert.Equal(before + 1, ProcessState.AioContexts);
        context.Dispose();
        Assert.Equal(before, ProcessState.AioContexts);
    }
}
