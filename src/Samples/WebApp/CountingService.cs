using Grpc.Core;
using Reactor.Samples.WebApp.Grpc;

namespace Reactor.Samples.WebApp;

/// <summary>The counter by gRPC.</summary>
internal sealed class CountingService(Sharded<Counter> counters, ReactorHost host) : Counting.CountingBase
{
    public override async Task<CountReply> Increment(CountRequest request, ServerCallContext context) =>
        new() { Value = await counters.IncrementAsync(context.GetHttpContext(), host) };

    public override async Task Watch(IAsyncStreamReader<CountRequest> requestStream, IServerStreamWriter<CountReply> responseStream, ServerCallContext context)
    {
        while (await requestStream.MoveNext(context.CancellationToken))
        {
            await responseStream.WriteAsync(new CountReply { Value = await counters.SumAsync() });
        }
    }
}
