namespace Reactor.Bench.Micro.CrossShard;

/// <summary>The loops on the caller's shard.</summary>
internal static class Calling
{
    public static Task<long> OneAtATimeAsync(TwoShards shards, int calls) =>
        shards.Caller.InvokeAsync(static call => LoopAsync(call.Callee, call.calls), (shards.Callee, calls)).AsTask();

    /// <summary>As many loops at once as there are to be calls under way.</summary>
    public static Task<long> ManyAtOnceAsync(TwoShards shards, int loops, int callsOfEach) =>
        shards.Caller.InvokeAsync(
            static async call =>
            {
                var running = new Task<long>[call.loops];
                for (int i = 0; i < running.Length; i++)
                {
                    running[i] = LoopAsync(call.Callee, call.callsOfEach);
                }

                long sum = 0;
                foreach (Task<long> loop in running)
                {
                    sum += await loop;
                }

                return sum;
            },
            (shards.Callee, loops, callsOfEach)).AsTask();

    private static async Task<long> LoopAsync(Shard callee, int calls)
    {
        long sum = 0;
        for (int i = 0; i < calls; i++)
        {
            sum += await callee.InvokeAsync(static x => x + 1, i);
        }

        return sum;
    }
}
