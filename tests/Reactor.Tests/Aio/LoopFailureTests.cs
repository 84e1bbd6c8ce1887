using System.Runtime.CompilerServices;
using Reactor.Kernel;
using Reactor.Polling;
using Reactor.Tests.Support;
using Tmds.Linux;

namespace Reactor.Tests.Aio;

/// <summary>The kernel refuses what a loop cannot live without.</summary>
public sealed class LoopFailureTests
{
    [Fact]
    public async Task A_loop_that_fails_is_told_and_stops_its_host()
    {
        var host = new TestHost();
        await Break(host.Shard);
        await Eventually.Ends(host.Host.StopAsync(), "the stop");
        Exception failure = Assert.Single(host.Unhandled);
        Assert.Contains("waiting on the AIO context failed", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Calls_to_a_shard_whose_loop_has_failed_end()
    {
        var host = new TestHost(options => (options.Shards, options.Overprovisioned) = (2, true));
        Shard broken = host.Host.Shards[1];
        await Break(broken);
        var refused = new TaskCompletionSource<Exception>();
        host.Shard.Post(async () =>
        {
            // Answered at first, refused when the host stops; none may be left without an end.
            while (!refused.Task.IsCompleted)
            {
                try
                {
                    await broken.InvokeAsync(static () => { });
                }
                catch (ObjectDisposedException exception)
                {
                    refused.SetResult(exception);
                }
            }
        });
        Assert.Contains("shard 1", (await Eventually.Ends(refused.Task, "the calls")).Message, StringComparison.Ordinal);
        await host.DisposeAsync();
    }

    /// <summary>From here on, waiting fails.</summary>
    private static async Task Break(Shard shard)
    {
        await shard.InvokeAsync(() =>
        {
            AioContext context = Context((AioPollBackend)shard.Polls);
            Calls(context) = new RefusingCalls { OnPGetEvents = () => LibC.EIO };
        });
    }

    [UnsafeAccessor(UnsafeAccessorKind.Field, Name = "_context")]
    private static extern ref AioContext Context(AioPollBackend backend);

    [UnsafeAccessor(UnsafeAccessorKind.Field, Name = "_calls")]
    private static extern ref AioSystemCalls Calls(AioContext context);
}
