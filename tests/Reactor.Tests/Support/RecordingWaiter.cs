using Reactor.Polling;

namespace Reactor.Tests.Support;

/// <summary>Remembers what it was told.</summary>
internal sealed class RecordingWaiter(Action<int>? then = null) : PollWaiter
{
    internal List<int> Results { get; } = [];

    internal int Count => Results.Count;

    internal override void OnReady(int result)
    {
        Results.Add(result);
        then?.Invoke(result);
    }
}
