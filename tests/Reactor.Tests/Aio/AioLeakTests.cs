using Reactor.Tests.Support;

namespace Reactor.Tests.Aio;

[Collection(Alone.Name)]
public sealed class AioLeakTests
{
    /// <remarks>The counter is the whole machine's: when another process has moved it meanwhile, the test looks again.</remarks>
    [Fact]
    public async Task A_stopped_host_has_given_its_polls_back_to_the_system()
    {
        bool given = false;
        for (int attempt = 0; attempt < 50 && !given; attempt++)
        {
            long before = ProcessState.AioNr;
            var host = new TestHost();
            long during = ProcessState.AioNr;
            await host.DisposeAsync();
            // The budget of polls, the one for wake-ups, the one for the polls beyond, and the one that ends time slices.
            given = during == before + 259 && ProcessState.AioNr == before;
        }

        Assert.True(given);
    }
}
