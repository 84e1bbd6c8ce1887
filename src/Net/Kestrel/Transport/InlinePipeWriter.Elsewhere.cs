using System.IO.Pipelines;
using System.Threading.Tasks.Sources;

namespace Reactor.Net.Kestrel;

// Writing on threads other than the shard's.
internal sealed partial class InlinePipeWriter : IValueTaskSource<FlushResult>
{
    private readonly Requests _requests;

    // With so many bytes on their way, flushes wait.
    private readonly int _limit;

    // What was written and not flushed: into memory of the own writer, then into segments.
    private int _ownAdvance;
    private PipeSegment? _ownFirst;
    private PipeSegment? _ownLast;
    private long _ownBytes;

    // What was flushed, and is to be taken over by the shard.
    private readonly Lock _gate = new();
    private int _handedAdvance;
    private PipeSegment? _handedFirst;
    private PipeSegment? _handedLast;
    private long _handedBytes;

    private Exception? _completeException;
    private CancellationToken _cancellationToken;
    private ManualResetValueTaskSourceCore<FlushResult> _flush;

    [Flags]
    private enum Asked
    {
        Flush = 1,
        FlushAndWait = 2,
        Cancel = 4,
        Complete = 8,
    }

    private Memory<byte> GetOwnMemory(int sizeHint)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(sizeHint);
        _isForeign = true;
        _isInner = false;
        if (_ownLast is null || _ownLast.RoomLength < Math.Max(sizeHint, 1))
        {
            PipeSegment segment = _pipe.TransportShard.Segments.Rent(_pipe.TransportShard.Pool, sizeHint);
            _ownLast?.Link(segment);
            _ownFirst ??= segment;
            _ownLast = segment;
        }

        return _ownLast.Room;
    }

    private void AdvanceOwn(int bytes)
    {
        if ((uint)bytes > (uint)(_ownLast?.RoomLength ?? 0))
        {
            throw new ArgumentOutOfRangeException(nameof(bytes), bytes, $"The memory that was asked for last has room for {_ownLast?.RoomLength ?? 0} bytes. Ask for memory before each advance.");
        }

        _ownLast?.Fill(bytes);
        _ownBytes += bytes;
    }

    /// <summary>Memory that was asked for on the shard has been filled elsewhere.</summary>
    private void AdvanceInnerLater(int bytes)
    {
        _isForeign = true;
        _isInner = false;
        _ownAdvance += bytes;
    }

    private ValueTask<FlushResult> FlushElsewhereAsync(CancellationToken cancellationToken)
    {
        if (cancellationToken.IsCancellationRequested)
        {
            return ValueTask.FromCanceled<FlushResult>(cancellationToken);
        }

        _isForeign = true;
        long onTheWay = HandOver() + (_inner?.UnsentBytes ?? 0);
        if (_pipe.Context.HasEnded)
        {
            _requests.Request((int)Asked.Flush);
            return new ValueTask<FlushResult>(s_ended);
        }

        bool isCancelled = TakeCancelRequest();
        if (isCancelled || onTheWay < _limit)
        {
            _requests.Request((int)Asked.Flush);
            return new ValueTask<FlushResult>(isCancelled ? s_cancelled : default);
        }

        _flush.Reset();
        _cancellationToken = cancellationToken;
        _requests.Request((int)Asked.FlushAndWait);
        return new ValueTask<FlushResult>(this, _flush.Version);
    }

    /// <summary>Leaves for the shard what has been written here. Returns the bytes that wait for it now.</summary>
    private long HandOver()
    {
        lock (_gate)
        {
            _handedAdvance += _ownAdvance;
            if (_ownFirst is not null)
            {
                _handedLast?.Link(_ownFirst);
                _handedFirst ??= _ownFirst;
                _handedLast = _ownLast;
            }

            _handedBytes += _ownBytes;
            _ownAdvance = 0;
            _ownBytes = 0;
            _ownFirst = _ownLast = null;
            return _handedAdvance + _handedBytes;
        }
    }

    /// <summary>On the shard: gives the own writer what waits for it.</summary>
    private void TakeOver()
    {
        int advance;
        PipeSegment? first;
        PipeSegment? last;
        long bytes;
        lock (_gate)
        {
            (advance, first, last, bytes) = (_handedAdvance, _handedFirst, _handedLast, _handedBytes);
            _handedAdvance = 0;
            _handedBytes = 0;
            _handedFirst = _handedLast = null;
        }

        if (advance > 0)
        {
            _inner!.Advance(advance);
        }

        if (first is not null)
        {
            if (_pipe.Pipe is null)
            {
                _pipe.TransportShard.Segments.ReturnAll(first);
            }
            else
            {
                Inner().Append(first, last!, bytes);
            }
        }
    }

    /// <summary>On the shard: flushes for somebody elsewhere who has to wait for room.</summary>
    private async Task FlushAndWaitAsync()
    {
        FlushResult result;
        try
        {
            result = _pipe.Pipe is null ? s_ended : await Inner().FlushAsync(_cancellationToken);
        }
        catch (Exception exception)
        {
            _flush.SetException(exception);
            return;
        }

        _flush.SetResult(result);
    }

    FlushResult IValueTaskSource<FlushResult>.GetResult(short token) => _flush.GetResult(token);

    ValueTaskSourceStatus IValueTaskSource<FlushResult>.GetStatus(short token) => _flush.GetStatus(token);

    void IValueTaskSource<FlushResult>.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _flush.OnCompleted(continuation, state, token, flags);

    private sealed class Requests(InlinePipeWriter writer) : ForeignRequests(writer._shard)
    {
        protected override void Serve(int requests)
        {
            var asked = (Asked)requests;
            writer.TakeOver();
            if (asked.HasFlag(Asked.Flush))
            {
                writer._inner?.Flush();
            }

            if (asked.HasFlag(Asked.FlushAndWait))
            {
                _ = writer.FlushAndWaitAsync();
            }

            if (asked.HasFlag(Asked.Cancel) && writer._inner?.TryCancelFlush() != true)
            {
                writer._isCancelRequested = true;
            }

            if (asked.HasFlag(Asked.Complete))
            {
                writer.CompleteInner(writer._completeException);
            }
        }

        protected override void OnShardStopped(int requests)
        {
            PipeSegment? first;
            lock (writer._gate)
            {
                first = writer._handedFirst;
                writer._handedFirst = writer._handedLast = null;
                writer._handedBytes = 0;
            }

            writer._pipe.TransportShard.Segments.ReturnAll(first);
            if (((Asked)requests).HasFlag(Asked.FlushAndWait))
            {
                writer._flush.SetResult(s_ended);
            }
        }
    }
}
