using System.IO.Pipelines;
using System.Net.Sockets;
using Reactor.Shards;

namespace Reactor.Net;

/// <summary>
/// The sending half of a <see cref="ConnectionPipe"/>: a list of segments, of whose bytes the first have been flushed. They
/// are sent at the end of the turn; what the kernel does not take then waits for its poll.
/// </summary>
internal sealed partial class ConnectionPipeWriter : PipeWriter
{
    /// <summary>How the end of the connection is told where the pipe has an owner: there is nobody to write for any more.</summary>
    private static readonly FlushResult s_ended = new(isCanceled: false, isCompleted: true);

    private readonly ConnectionPipe _pipe;
    private readonly StreamConnection _connection;
    private readonly Shard _shard;
    private readonly Output _output;
    private readonly ConnectionPipeOptions _options;
    private FlushWait? _flush;

    // What has been written and not been sent.
    private PipeSegment? _first;
    private PipeSegment? _last;

    // Bytes in it that are to be sent, and bytes behind these that are not yet.
    private long _flushed;
    private long _unflushed;

    // The caller has memory of the last segment, and has not advanced.
    private bool _isWriting;

    // The next flush, or the pending one, is to end without waiting.
    private bool _isCancelRequested;
    private bool _isCompleted;

    internal ConnectionPipeWriter(ConnectionPipe pipe, ConnectionPipeOptions options)
    {
        _pipe = pipe;
        _connection = pipe.Connection;
        _shard = _connection.Shard;
        _options = options;
        _output = new Output(this, _connection);
    }

    public override bool CanGetUnflushedBytes => true;

    public override long UnflushedBytes => _unflushed;

    /// <remarks>Hot path. Of a connection that has failed or is closed, the next flush tells.</remarks>
    public override Memory<byte> GetMemory(int sizeHint = 0)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(sizeHint);
        VerifyNotCompleted();
        if (_last is null || _last.RoomLength < Math.Max(sizeHint, 1))
        {
            Append(sizeHint);
        }

        _isWriting = true;
        return _last!.Room;
    }

    public override Span<byte> GetSpan(int sizeHint = 0) => GetMemory(sizeHint).Span;

    public override void Advance(int bytes)
    {
        VerifyNotCompleted();
        if ((uint)bytes > (uint)(_last?.RoomLength ?? 0))
        {
            throw new ArgumentOutOfRangeException(nameof(bytes), bytes, $"The memory that was asked for last has room for {_last?.RoomLength ?? 0} bytes. Ask for memory before each advance.");
        }

        _isWriting = false;
        _last?.Fill(bytes);
        _unflushed += bytes;
    }

    /// <remarks>Hot path: no system call, that is for the end of the turn.</remarks>
    public override ValueTask<FlushResult> FlushAsync(CancellationToken cancellationToken = default)
    {
        VerifyNotCompleted();
        VerifyNotBusy();
        if (cancellationToken.IsCancellationRequested)
        {
            return ValueTask.FromCanceled<FlushResult>(cancellationToken);
        }

        if (_connection.IsClosed || _pipe.Errno != 0)
        {
            Discard();
            if (_pipe.Owner is not null)
            {
                return new ValueTask<FlushResult>(s_ended);
            }

            _connection.ThrowIfClosed();
            return ValueTask.FromException<FlushResult>(_pipe.TellFailure("flush"));
        }

        Commit();
        if (_isCancelRequested)
        {
            _isCancelRequested = false;
            return new ValueTask<FlushResult>(new FlushResult(isCanceled: true, isCompleted: false));
        }

        return _flushed < _options.PauseWriterThreshold ? default : Waiting.Start(_options.ResumeWriterThreshold, cancellationToken);
    }

    /// <summary>From any thread.</summary>
    public override void CancelPendingFlush()
    {
        if (_shard.IsOnShard)
        {
            Cancel();
        }
        else
        {
            // False when the shard has stopped: that has ended the flush already.
            _shard.TrySend(new PostedAction<ConnectionPipeWriter>(static writer => writer.Cancel(), this));
        }
    }

    /// <exception cref="SocketException">An earlier send failed, and nobody has been told.</exception>
    public override void Complete(Exception? exception = null)
    {
        _shard.VerifyAccess();
        if (_isCompleted)
        {
            return;
        }

        _isCompleted = true;
        if (exception is not null)
        {
            // What has been written is incomplete: the peer is not to take it for the whole.
            _connection.Abort();
            Discard();
        }
        else if (_connection.IsClosed || _pipe.Errno != 0)
        {
            Discard();
            ThrowIfFailureIsUntold();
        }
        else
        {
            Commit();
            _output.RunAtEndOfTurn();
        }
    }

    /// <summary>As <see cref="Complete"/>, and waits until the kernel has taken everything, FIN included.</summary>
    /// <exception cref="SocketException">It has not been sent: the connection failed, or was closed meanwhile.</exception>
    public override ValueTask CompleteAsync(Exception? exception = null)
    {
        _shard.VerifyAccess();
        VerifyNotBusy();
        try
        {
            Complete(exception);
            ThrowIfFailureIsUntold();
            return _connection.IsClosed || _pipe.Errno != 0 || _hasSentEnd ? default : Waiting.StartUntilEnd();
        }
        catch (SocketException failure)
        {
            return ValueTask.FromException(failure);
        }
    }

    private FlushWait Waiting => _flush ??= new FlushWait(this) { ServesLibraries = true };

    /// <summary>What has been written is to be sent, at the end of the turn.</summary>
    private void Commit()
    {
        _isWriting = false;
        _flushed += _unflushed;
        _unflushed = 0;
        if (_flushed > 0)
        {
            _output.RunAtEndOfTurn();
        }
        else
        {
            DropSent();
        }
    }

    /// <summary>Drops what nobody will send: of a connection that is closed that is what was not flushed before.</summary>
    private void Discard()
    {
        _isWriting = false;
        if (_isDraining)
        {
            // It stays where it is, behind what is still being sent, and no more is sent than was flushed.
            _unflushed = 0;
        }
        else
        {
            Drop();
        }
    }

    private void ThrowIfFailureIsUntold()
    {
        if (_pipe.HasUntoldFailure && _pipe.Owner is null)
        {
            throw _pipe.TellFailure("send");
        }
    }

    private void Append(int size)
    {
        PipeSegment segment = _pipe.Segments.Rent(_pipe.Pool, size);
        Link(segment);
        _last = segment;
    }

    private void Link(PipeSegment segment)
    {
        if (_last is null)
        {
            _first = segment;
        }
        else
        {
            _last.Link(segment);
        }
    }

    private void Cancel()
    {
        if (!TryCancelFlush())
        {
            _isCancelRequested = true;
        }
    }

    private void VerifyNotCompleted()
    {
        _shard.VerifyAccess();
        if (_isCompleted)
        {
            throw new InvalidOperationException($"The writer of {_connection} has been completed: nothing can be written any more.");
        }
    }

    private void VerifyNotBusy()
    {
        if (_flush is { IsBusy: true })
        {
            throw new InvalidOperationException($"A flush is pending on {_connection} already. Await it before you start the next: one flush at a time.");
        }
    }
}
