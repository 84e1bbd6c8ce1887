using System.IO.Pipelines;

namespace Reactor.Net.Kestrel;

/// <summary>
/// The writer of an <see cref="InlinePipe"/>: on the shard it is the connection's own. What is written on another thread
/// goes into segments of its own, which a flush hands over to the shard.
/// </summary>
/// <remarks>As of every <see cref="PipeWriter"/>, one thread at a time uses it, except for <see cref="CancelPendingFlush"/>.</remarks>
internal sealed partial class InlinePipeWriter : PipeWriter
{
    private static readonly FlushResult s_cancelled = new(isCanceled: true, isCompleted: false);
    private static readonly FlushResult s_ended = new(isCanceled: false, isCompleted: true);

    private readonly InlinePipe _pipe;
    private readonly Shard _shard;
    private ConnectionPipeWriter? _inner;

    // The memory that was asked for last: whether it is the own writer's.
    private bool _isInner;

    // Something was written on another thread, and the own writer does not have it yet.
    private bool _isForeign;
    private volatile bool _isCancelRequested;

    internal InlinePipeWriter(InlinePipe pipe, int limit)
    {
        _pipe = pipe;
        _shard = pipe.TransportShard.Shard;
        _limit = limit;
        _requests = new Requests(this);
    }

    public override bool CanGetUnflushedBytes => true;

    public override long UnflushedBytes => _ownAdvance + _ownBytes + (_inner?.UnflushedBytes ?? 0);

    public override Memory<byte> GetMemory(int sizeHint = 0)
    {
        if (IsHere())
        {
            _isInner = true;
            return Inner().GetMemory(sizeHint);
        }

        return GetOwnMemory(sizeHint);
    }

    public override Span<byte> GetSpan(int sizeHint = 0) => GetMemory(sizeHint).Span;

    public override void Advance(int bytes)
    {
        if (!_isInner)
        {
            AdvanceOwn(bytes);
        }
        else if (_shard.IsOnShard)
        {
            _inner!.Advance(bytes);
        }
        else
        {
            AdvanceInnerLater(bytes);
        }
    }

    /// <remarks>Hot path: on the shard nothing is sent here, that is for the end of the turn.</remarks>
    public override ValueTask<FlushResult> FlushAsync(CancellationToken cancellationToken = default)
    {
        if (!IsHere())
        {
            return FlushElsewhereAsync(cancellationToken);
        }

        if (TakeCancelRequest())
        {
            Inner().Flush();
            return new ValueTask<FlushResult>(s_cancelled);
        }

        return Inner().FlushAsync(cancellationToken);
    }

    /// <summary>From any thread, and at the same time as everything else.</summary>
    public override void CancelPendingFlush() => _requests.Request((int)Asked.Cancel);

    /// <param name="exception">Not null for an output that is not whole: the connection is reset.</param>
    public override void Complete(Exception? exception = null)
    {
        if (IsHere())
        {
            CompleteInner(exception);
            return;
        }

        _completeException = exception;
        HandOver();
        _requests.Request((int)Asked.Complete);
    }

    /// <summary>On the shard: does what was asked of it before.</summary>
    internal void ServeNow() => _requests.ServeNow();

    /// <summary>Whether the connection's own writer is to be used: on the shard, where that is first given what was written on other threads before.</summary>
    private bool IsHere()
    {
        if (!_shard.IsOnShard)
        {
            return false;
        }

        if (_isForeign)
        {
            HandOver();
            _requests.ServeNow();
            TakeOver();
            _isForeign = false;
        }

        return !_pipe.Context.Connection.IsClosed || _inner is not null;
    }

    private ConnectionPipeWriter Inner() => _inner ??= _pipe.Pipe!.Writer;

    private bool TakeCancelRequest()
    {
        if (!_isCancelRequested)
        {
            return false;
        }

        _isCancelRequested = false;
        return true;
    }

    private void CompleteInner(Exception? exception)
    {
        if (exception is not null)
        {
            _pipe.Context.Abort(exception);
        }

        if (_pipe.Pipe is not null)
        {
            Inner().Complete(exception);
        }
    }
}
