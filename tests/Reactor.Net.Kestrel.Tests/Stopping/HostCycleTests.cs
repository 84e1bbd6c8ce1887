namespace Reactor.Net.Kestrel.Tests.Stopping;

/// <summary>Applications that start and stop all day in one process.</summary>
[Collection(Alone.Name)]
public sealed class HostCycleTests
{
    /// <remarks>Whoever sends a request over an idle connection while that is closed has to send it again, as HTTP has it; a request that an application has begun to serve is answered.</remarks>
    [Theory]
    [MemberData(nameof(Transports.All), MemberType = typeof(Transports))]
    public async Task Stopped_again_and_again_under_load_it_loses_no_request_and_leaves_nothing_behind(Transport transport)
    {
        int rounds = int.Parse(Environment.GetEnvironmentVariable("REACTOR_HOST_CYCLES") ?? "10");
        int descriptors = 0;
        for (int round = 0; round < rounds + 2; round++)
        {
            await using (var load = new StopLoad(transport, round))
            {
                await load.RunAsync();
                Assert.Empty(load.Lost);
            }

            if (round == 1)
            {
                // By now the runtime has opened what it opens once.
                descriptors = ProcessState.DescriptorCount;
            }
        }

        await Eventually.IsTrueAsync(() => ProcessState.DescriptorCount <= descriptors, "no more sockets than before");
    }
}
