using System.IO.Pipelines;
using System.Threading.Tasks.Sources;

namespace Reactor.Net.Kestrel;

/// <summary>
/// The reader of an <see cref="InlinePipe"/>: on the shard it is the connection's own. A read on another thread is asked of
/// the shard, and goes on there: so an application that Kestrel has started on the thread pool comes to the shard.
/// </summary>
/// <remarks>As of every <see cref="PipeReader"/>, one thread at a time uses it, except for <see cref="CancelPendingRead"/>.</remarks>
internal sealed class InlinePipeReader : PipeReader, IValueTaskSource<ReadResult>
{
    private readonly InlinePipe _pipe;
    private readonly Shard _shard;
    private readonly Requests _requests;
    private ConnectionPipeReader? _inner;

    // Something was done on another thread that the shard has yet to do, or a read asked for there has not been taken.
    private bool _isForeign;

    // What was said there.
    private SequencePosition _consumed;
    private SequencePosition _examined;
    private int _minimum;
    private CancellationToken _cancellationToken;

    // A read that was begun there, until its result is taken; and whether the shard has been asked for it.
    private ManualResetValueTaskSourceCore<ReadResult> _read;
    private bool _isReading;
    private bool _isAsked;

    internal InlinePipeReader(InlinePipe pipe)
    {
        _pipe = pipe;
        _shard = pipe.TransportShard.Shard;
        _requests = new Requests(this);
    }

    [Flags]
    private enum Asked
    {
        Advance = 1,
        Read = 2,
        Cancel = 4,
        Complete = 8,
        Watch = 16,
    }

    public override ValueTask<ReadResult> ReadAsync(CancellationToken cancellationToken = default) =>
        IsHere() ? Inner().ReadAsync(cancellationToken) : ReadElsewhereAsync(0, cancellationToken);

    protected override ValueTask<ReadResult> ReadAtLeastAsyncCore(int minimumSize, CancellationToken cancellationToken) =>
        IsHere() ? Inner().ReadAtLeastAsync(minimumSize, cancellationToken) : ReadElsewhereAsync(minimumSize, cancellationToken);

    /// <remarks>On another thread the first try asks the shard for a read, and finds nothing; a later one finds what that has brought.</remarks>
    public override bool TryRead(out ReadResult result)
    {
        if (IsHere())
        {
            return Inner().TryRead(out result);
        }

        ValueTask<ReadResult> read = ReadElsewhereAsync(0, CancellationToken.None);
        AskForRead();
        result = read.IsCompleted ? read.GetAwaiter().GetResult() : default;
        return !_isReading;
    }

    public override void AdvanceTo(SequencePosition consumed) => AdvanceTo(consumed, consumed);

    public override void AdvanceTo(SequencePosition consumed, SequencePosition examined)
    {
        if (IsHere())
        {
            _inner?.AdvanceTo(consumed, examined);
            return;
        }

        (_consumed, _examined) = (consumed, examined);
        Ask(Asked.Advance);
    }

    /// <summary>From any thread, and at the same time as everything else.</summary>
    public override void CancelPendingRead() => _requests.Request((int)Asked.Cancel);

    public override void Complete(Exception? exception = null)
    {
        if (IsHere())
        {
            _inner?.Complete(exception);
            return;
        }

        Ask(Asked.Complete);
    }

    /// <summary>From any thread: has the end of the connection noticed before anybody reads.</summary>
    internal void Watch() => _requests.Request((int)Asked.Watch);

    /// <summary>On the shard: does what was asked of it before.</summary>
    internal void ServeNow() => _requests.ServeNow();

    /// <summary>Whether the connection's own reader is to be used: on the shard, and nothing is outstanding that was asked of it on other threads.</summary>
    private bool IsHere()
    {
        if (!_shard.IsOnShard)
        {
            return false;
        }

        if (_isForeign)
        {
            _requests.ServeNow();
            _isForeign = _isReading;
        }

        return !_isForeign;
    }

    private ConnectionPipeReader Inner() => _inner ??= _pipe.Pipe?.Reader ?? throw _pipe.Context.EndReason;

    private void Ask(Asked request)
    {
        _isForeign = true;
        _requests.Request((int)request);
    }

    /// <summary>
    /// Begins a read that goes on on the shard: which is asked for it when somebody awaits it, and not before. Were the read
    /// over by then, its awaiter would go on where it is.
    /// </summary>
    private ValueTask<ReadResult> ReadElsewhereAsync(int minimum, CancellationToken cancellationToken)
    {
        if (!_isReading)
        {
            _isForeign = true;
            _isReading = true;
            _isAsked = false;
            _minimum = minimum;
            _cancellationToken = cancellationToken;
            _read.Reset();
        }

        return new ValueTask<ReadResult>(this, _read.Version);
    }

    private void AskForRead()
    {
        if (!_isAsked)
        {
            _isAsked = true;
            Ask(Asked.Read);
        }
    }

    /// <summary>On the shard: reads for somebody elsewhere.</summary>
    private async Task ReadHereAsync()
    {
        ReadResult result;
        try
        {
            result = _minimum == 0 ? await Inner().ReadAsync(_cancellationToken) : await Inner().ReadAtLeastAsync(_minimum, _cancellationToken);
        }
        catch (Exception exception)
        {
            _read.SetException(exception);
            return;
        }

        _read.SetResult(result);
    }

    ReadResult IValueTaskSource<ReadResult>.GetResult(short token)
    {
        // A stale token throws before it is taken for the read's.
        try
        {
            return _read.GetResult(token);
        }
        finally
        {
            _isReading = false;
        }
    }

    ValueTaskSourceStatus IValueTaskSource<ReadResult>.GetStatus(short token) => _read.GetStatus(token);

    void IValueTaskSource<ReadResult>.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags)
    {
        _read.OnCompleted(continuation, state, token, flags);
        AskForRead();
    }

    private sealed class Requests(InlinePipeReader reader) : ForeignRequests(reader._shard)
    {
        protected override void Serve(int requests)
        {
            var asked = (Asked)requests;
            if (asked.HasFlag(Asked.Watch))
            {
                reader._pipe.Pipe?.Reader.ReceiveAhead();
            }

            if (asked.HasFlag(Asked.Advance))
            {
                reader._inner?.AdvanceTo(reader._consumed, reader._examined);
            }

            if (asked.HasFlag(Asked.Complete))
            {
                reader._inner?.Complete();
            }

            if (asked.HasFlag(Asked.Read))
            {
                _ = reader.ReadHereAsync();
            }

            if (asked.HasFlag(Asked.Cancel))
            {
                reader._pipe.Pipe?.Reader.CancelPendingRead();
            }
        }

        protected override void OnShardStopped(int requests)
        {
            if (((Asked)requests).HasFlag(Asked.Read))
            {
                reader._read.SetException(reader._pipe.Context.EndReason);
            }
        }
    }
}
