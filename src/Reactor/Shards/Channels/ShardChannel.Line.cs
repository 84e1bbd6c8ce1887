using System.Threading.Channels;
using Reactor.Shards;

namespace Reactor;

/// <content>The writes that wait for room.</content>
/// <remarks>
/// Nobody waits while there is room. A writer stands in line and then tries to admit one; a reader makes room and then, if
/// anybody is in line, admits one. Both ask the buffer, which has a lock: a writer that finds no room there has been there
/// before the reader that makes some, so that this reader sees the line. One for each place that is made and one for each
/// who comes are enough, because an attempt fails only when there is nobody or no room.
/// </remarks>
public sealed partial class ShardChannel<T>
{
    private readonly Lock _lock = new();

    // Oldest first. Under the lock.
    private readonly LinkedList<ChannelWrite<T>> _line = [];

    // Under the lock.
    private bool _isCompleted;
    private Exception? _error;

    // The length of the line: written under the lock, read without.
    private int _waiting;

    /// <summary>Puts a write in line, or refuses it. On its shard.</summary>
    internal void Add(ChannelWrite<T> write)
    {
        lock (_lock)
        {
            if (_isCompleted)
            {
                Refuse(write);
                return;
            }

            _line.AddLast(write.Place);
            Volatile.Write(ref _waiting, _line.Count);
        }

        Admit();
    }

    /// <summary>Takes a write out of the line, so that its item is not delivered; false when its outcome is decided.</summary>
    internal bool TryRemove(ChannelWrite<T> write)
    {
        lock (_lock)
        {
            if (write.IsDecided)
            {
                return false;
            }

            if (write.Place.List is not null)
            {
                Leave(write);
            }

            return true;
        }
    }

    /// <summary>Moves the item of the first in line into the buffer, if there is room.</summary>
    private void Admit()
    {
        ChannelWrite<T>? write;
        lock (_lock)
        {
            write = _line.First?.Value;
            if (write is null || !_buffer.Writer.TryWrite(write.Item))
            {
                return;
            }

            Leave(write);
            write.Decide(null);
        }

        write.Tell();
    }

    private void Refuse(ChannelWrite<T> write)
    {
        write.Decide(new ChannelClosedException(_error));
        write.Tell();
    }

    private void Leave(ChannelWrite<T> write)
    {
        _line.Remove(write.Place);
        Volatile.Write(ref _waiting, _line.Count);
    }
}
