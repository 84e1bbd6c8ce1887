using Reactor.Tests.Support;

namespace Reactor.Tests.Shards;

/// <summary>Calls and stops: a call ends, with its result or with an exception, whatever stops meanwhile.</summary>
public sealed class CrossShardStopTests
{
    /// <remarks>Whoever is turned away by the closed inbox is told; who came in just before it was closed has to be told as well.</remarks>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_call_that_arrives_last_and_never_ends_is_given_up(bool useContext)
    {
        var never = new TaskCompletionSource();
        for (int round = 0; round < 50; round++)
        {
            var host = TestHost.Many(2, useContext);
            var calls = new List<Task>();
            bool refused = false;
            var caller = new Thread(() =>
            {
                while (!refused)
                {
                    Task call = host.Shards[1].InvokeAsync(async () => await never.Task).AsTask();
                    calls.Add(call);
                    refused = call.IsFaulted;
                    Thread.SpinWait(200);
                }
            });
            caller.Start();
            await host.DisposeAsync();
            caller.Join();
            foreach (Task call in calls)
            {
                await Assert.ThrowsAsync<ObjectDisposedException>(() => Eventually.Ends(call, "a call to a host that has stopped"));
            }
        }
    }
}
