using System.IO.Pipelines;

namespace Reactor.Net;

// For an owner whose users write on other threads too, and who brings that to the shard.
internal sealed partial class ConnectionPipeWriter
{
    /// <summary>Bytes that have been flushed and not been taken by the kernel. On other threads a little old.</summary>
    internal long UnsentBytes => Volatile.Read(ref _flushed);

    /// <summary>
    /// Takes over a chain of segments that has been written elsewhere, behind all that has been written here. Of a writer that
    /// takes no more, it is given back.
    /// </summary>
    /// <param name="first">The first of the chain.</param>
    /// <param name="last">The last, whose rest may be filled here.</param>
    /// <param name="bytes">What is in them. Not flushed yet.</param>
    internal void Append(PipeSegment first, PipeSegment last, long bytes)
    {
        if (_isCompleted || _connection.IsClosed || _pipe.Errno != 0)
        {
            _pipe.Segments.ReturnAll(first);
            return;
        }

        _isWriting = false;
        Link(first);
        _last = last;
        _unflushed += bytes;
    }

    /// <summary>As <see cref="FlushAsync"/>, without a wait for room.</summary>
    internal void Flush()
    {
        if (!_isCompleted && !_connection.IsClosed && _pipe.Errno == 0)
        {
            Commit();
        }
    }

    /// <summary>Ends a flush that waits for room. False if none does.</summary>
    internal bool TryCancelFlush()
    {
        if (_flush is not { IsWaitingForRoom: true } flush)
        {
            return false;
        }

        flush.Complete(new FlushResult(isCanceled: true, isCompleted: false));
        return true;
    }
}
