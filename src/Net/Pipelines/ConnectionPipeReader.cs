using System.Buffers;
using System.IO.Pipelines;
using Reactor.Shards;

namespace Reactor.Net;

/// <summary>
/// The receiving half of a <see cref="ConnectionPipe"/>: a list of segments, and three offsets into the stream of all that
/// has been received since the beginning.
/// </summary>
internal sealed partial class ConnectionPipeReader : PipeReader
{
    private readonly ConnectionPipe _pipe;
    private readonly StreamConnection _connection;
    private readonly Shard _shard;
    private readonly ReadOperation _read;

    // What has been received and not been consumed. The last one has at least one byte in it.
    private PipeSegment? _first;
    private PipeSegment? _last;

    private long _received;
    private long _consumed;
    private long _examined;

    // The peer has finished.
    private bool _hasEnded;
    private bool _isCompleted;

    // The next read, or the pending one, is to end with what there is.
    private bool _isCancelRequested;

    // The caller has the buffer of a read, and has not advanced.
    private bool _isLent;

    // Receives while nobody reads; null if that is not wanted.
    private readonly AheadAction? _ahead;

    // So that there is no next read before he does. He need not, after a read that was cancelled or empty.
    private bool _mustAdvance;

    internal ConnectionPipeReader(ConnectionPipe pipe, long readAhead)
    {
        _pipe = pipe;
        _connection = pipe.Connection;
        _shard = _connection.Shard;
        _read = new ReadOperation(this, _connection) { ServesLibraries = true };
        _ahead = readAhead > 0 ? new AheadAction(this, _connection, readAhead) : null;
    }

    public override ValueTask<ReadResult> ReadAsync(CancellationToken cancellationToken = default) => ReadAsync(0, cancellationToken);

    protected override ValueTask<ReadResult> ReadAtLeastAsyncCore(int minimumSize, CancellationToken cancellationToken) =>
        ReadAsync(minimumSize, cancellationToken);

    public override bool TryRead(out ReadResult result)
    {
        VerifyReadable();
        if (TryTake(0, out result))
        {
            return true;
        }

        // Nothing has been told that could be told: the kernel may have more.
        ThrowIfFailed();
        if (Receive().WouldBlock)
        {
            return false;
        }

        ThrowIfFailed();
        return TryTake(0, out result);
    }

    public override void AdvanceTo(SequencePosition consumed) => AdvanceTo(consumed, consumed);

    public override void AdvanceTo(SequencePosition consumed, SequencePosition examined)
    {
        VerifyNotCompleted();
        if (!_isLent)
        {
            throw new InvalidOperationException($"There is nothing to advance in: read from {_connection} first, and advance once after each read.");
        }

        // Of an empty buffer there is nothing to consume.
        long consumedOffset = OffsetOf(consumed, _consumed, nameof(consumed));
        long examinedOffset = OffsetOf(examined, consumedOffset, nameof(examined));
        if (examinedOffset < consumedOffset)
        {
            throw new InvalidOperationException("What has been consumed has been examined too: pass an examined position that is not before the consumed one.");
        }

        _isLent = _mustAdvance = false;
        _ahead?.RunAtEndOfTurn();
        _examined = examinedOffset;
        Consume(_connection.IsClosed && !KeepsReceived ? _received : consumedOffset);
    }

    /// <summary>From any thread.</summary>
    public override void CancelPendingRead()
    {
        if (_shard.IsOnShard)
        {
            Cancel();
        }
        else
        {
            // False when the shard has stopped: that has ended the read already.
            _shard.TrySend(new PostedAction<ConnectionPipeReader>(static reader => reader.Cancel(), this));
        }
    }

    /// <remarks>The exception is the caller's own; the peer learns of it by the writer's, or by the end of the connection.</remarks>
    public override void Complete(Exception? exception = null)
    {
        _shard.VerifyAccess();
        if (_isCompleted)
        {
            return;
        }

        _isCompleted = true;
        _ahead?.Stop();
        _read.Abort(new InvalidOperationException($"The reader of {_connection} was completed while a read was pending."));
        if (_read.IsBusy && _isLent)
        {
            // A read has ended whose awaiter has yet to run, and will find its buffer: that is nobody else's until then.
            _first = _last = null;
            return;
        }

        Consume(_received);
    }

    /// <summary>Begins to receive ahead, before anybody reads.</summary>
    internal void ReceiveAhead() => _ahead?.RunAtEndOfTurn();

    /// <summary>The connection closes: a pending read ends, and what nobody has in hand is given back.</summary>
    internal void OnClosing()
    {
        _ahead?.Stop();
        _read.Abort(_pipe.Owner is { } owner ? owner.EndReason : SocketErrors.Aborted($"read on {_connection}"));
        if (!_isLent && !KeepsReceived)
        {
            Consume(_received);
        }
    }

    /// <summary>What the peer has sent before its FIN an owner's users still get after a close: who closes is not who reads.</summary>
    private bool KeepsReceived => _hasEnded && _pipe.Owner is not null;

    private ValueTask<ReadResult> ReadAsync(int minimum, CancellationToken cancellationToken)
    {
        VerifyReadable();
        if (cancellationToken.IsCancellationRequested)
        {
            return ValueTask.FromCanceled<ReadResult>(cancellationToken);
        }

        if (TryTake(minimum, out ReadResult result))
        {
            return new ValueTask<ReadResult>(result);
        }

        if (_pipe.Errno == 0)
        {
            _ahead?.GiveWay();
            if (!_connection.IsLikelyReadable)
            {
                return _read.Start(minimum, cancellationToken);
            }

            if (_shard.SliceIsOver)
            {
                return _read.StartNextTurn(minimum, cancellationToken);
            }

            Receive();
            if (TryTake(minimum, out result))
            {
                return new ValueTask<ReadResult>(result);
            }
        }

        return _pipe.Errno == 0 ? _read.Start(minimum, cancellationToken) : ValueTask.FromException<ReadResult>(Failure());
    }

    /// <summary>Ends a read with what there is, if that is enough.</summary>
    /// <param name="minimum">Bytes; what has been examined is not enough in any case.</param>
    /// <param name="result">The end of the read.</param>
    private bool TryTake(int minimum, out ReadResult result)
    {
        long length = _received - _consumed;
        if (!_isCancelRequested && !_hasEnded && (_received == _examined || length < minimum))
        {
            result = default;
            return false;
        }

        ReadOnlySequence<byte> buffer = length == 0 ? default : new(_first!, (int)(_consumed - _first!.RunningIndex), _last!, _last!.End);
        result = new ReadResult(buffer, _isCancelRequested, _hasEnded);
        _isLent = true;
        _mustAdvance = length > 0 && !_isCancelRequested;
        _isCancelRequested = false;
        _ahead?.RunAtEndOfTurn();
        return true;
    }

    private void Cancel()
    {
        _isCancelRequested = true;
        _read.EndCancelled();
    }

    private long OffsetOf(SequencePosition position, long ofNone, string name)
    {
        if (position.GetObject() is not { } place)
        {
            return ofNone;
        }

        long offset = place is PipeSegment segment && segment.Reader == this ? segment.RunningIndex + position.GetInteger() : -1;
        if (offset < _consumed || offset > _received)
        {
            throw new InvalidOperationException($"The {name} position is not in the buffer of the last read. Positions are good until the next advance.");
        }

        return offset;
    }

    /// <summary>Gives back what is before this offset. Of a reader that has consumed everything nothing is left, so that it holds no block while it is idle.</summary>
    private void Consume(long offset)
    {
        _consumed = offset;
        _examined = Math.Max(_examined, offset);
        while (_first is { } segment && segment.RunningIndex + segment.End <= offset)
        {
            _first = segment.NextSegment;
            _pipe.Segments.Return(segment);
        }

        if (_first is null)
        {
            _last = null;
        }
    }

    private void VerifyNotCompleted()
    {
        _shard.VerifyAccess();
        if (_isCompleted)
        {
            throw new InvalidOperationException($"The reader of {_connection} has been completed: nothing can be read any more.");
        }
    }

    private void VerifyReadable()
    {
        VerifyNotCompleted();
        ThrowIfClosed();
        if (_read.IsBusy)
        {
            throw new InvalidOperationException($"A read is pending on {_connection} already. Await it before you start the next: one read at a time.");
        }

        if (_mustAdvance)
        {
            throw new InvalidOperationException($"Call {nameof(AdvanceTo)} after each read of {_connection}, before the next.");
        }
    }

    private void ThrowIfClosed()
    {
        if (!_connection.IsClosed || KeepsReceived)
        {
            return;
        }

        if (_pipe.Owner is { } owner)
        {
            throw owner.EndReason;
        }

        _connection.ThrowIfClosed();
    }

    private void ThrowIfFailed()
    {
        if (_pipe.Errno != 0)
        {
            throw Failure();
        }
    }

    private Exception Failure() => _pipe.TellFailure("read");
}
