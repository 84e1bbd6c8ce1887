using System.Runtime.InteropServices;
using Reactor.Shards;

namespace Reactor;

// Waiting for file descriptors that others bring.
public sealed partial class Shard
{
    private const PollEvents AskableEvents =
        PollEvents.Readable | PollEvents.Priority | PollEvents.Writable | PollEvents.ReadHangUp | PollEvents.Error | PollEvents.HangUp;

    /// <summary>
    /// Waits until a file descriptor is ready: one that the framework knows nothing of, such as an inotify, an eventfd, a
    /// device, a socket of somebody else's. Several may wait for the same one.
    /// </summary>
    /// <param name="handle">
    /// Holds the file descriptor, which stays the caller's. It may be disposed meanwhile; as the wait holds the file open,
    /// it then ends when the file becomes ready, or by its token.
    /// </param>
    /// <param name="events">What to wait for; <see cref="PollEvents.Error"/> and <see cref="PollEvents.HangUp"/> end the wait in any case.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>What it is ready for, at least one of the events, as the kernel says when the wait ends.</returns>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="events"/> are none, or such as poll(2) does not know.</exception>
    /// <exception cref="InvalidOperationException">Not on this shard.</exception>
    /// <exception cref="ObjectDisposedException">The handle is closed, or the shard stops.</exception>
    /// <exception cref="IOException">The handle is no file descriptor, or none is left for a duplicate.</exception>
    /// <exception cref="OperationCanceledException">The token fired.</exception>
    /// <remarks>
    /// Each wait takes a duplicate of the descriptor and gives it back: two cheap system calls, and some 400 bytes of garbage.
    /// Files and directories are always ready.
    /// </remarks>
    public ValueTask<PollEvents> PollAsync(SafeHandle handle, PollEvents events, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(handle);
        if ((events & AskableEvents) == 0 || (events & ~AskableEvents) != 0)
        {
            throw new ArgumentOutOfRangeException(nameof(events), events, $"Ask for at least one of {AskableEvents}, and for nothing else.");
        }

        VerifyAccess();
        return cancellationToken.IsCancellationRequested
            ? ValueTask.FromCanceled<PollEvents>(cancellationToken)
            : WaitAsync(DescriptorPoll.Open(this, handle, events), cancellationToken);

        static async ValueTask<PollEvents> WaitAsync(DescriptorPoll opened, CancellationToken cancellationToken)
        {
            using DescriptorPoll poll = opened;
            return await poll.WaitAsync(cancellationToken);
        }
    }
}
