namespace Reactor.Tests.Support;

/// <summary>Turns of the loop, for tests of what happens between two of them.</summary>
internal static class Turn
{
    /// <summary>On a shard: goes on when this turn is over, and with it the submit of what it armed.</summary>
    internal static async Task Ends()
    {
        Shard shard = Assert.IsType<Shard>(Shard.Current);
        long turns = shard.GetStatistics().Turns;
        while (shard.GetStatistics().Turns == turns)
        {
            await Shard.Yield();
        }
    }
}
