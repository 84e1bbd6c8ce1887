namespace Reactor.Polling;

/// <summary>
/// What waits in a poll slot. The operations of Shards and Net derive from it and queue themselves, so that nothing here
/// knows of scheduling.
/// </summary>
internal abstract class PollWaiter
{
    /// <summary>
    /// The poll has completed; the slot is free to be armed again. Called while completions are harvested: it may queue
    /// work, and must not run any, to keep the stack flat and the batch whole.
    /// </summary>
    /// <param name="result">
    /// Negative: the errno with which the kernel refused the poll. Otherwise poll bits, which are a hint only (a wake-up
    /// key, not the mask that was asked for): try the operation.
    /// </param>
    internal abstract void OnReady(int result);
}
