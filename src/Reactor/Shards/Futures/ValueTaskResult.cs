namespace Reactor.Shards;

/// <summary>Gives an operation without result one, so that one code path serves both kinds.</summary>
internal static class ValueTaskResult
{
    internal static ValueTask<bool> WithResult(this ValueTask pending)
    {
        if (pending.IsCompletedSuccessfully)
        {
            pending.GetAwaiter().GetResult();
            return new ValueTask<bool>(true);
        }

        return Await(pending);

        static async ValueTask<bool> Await(ValueTask pending)
        {
            await pending;
            return true;
        }
    }
}
