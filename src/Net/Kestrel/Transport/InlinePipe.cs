using System.IO.Pipelines;

namespace Reactor.Net.Kestrel;

/// <summary>
/// For applications on the shard (<see cref="ApplicationScheduling.Inline"/>): the connection's own pipe, which receives into
/// the blocks that the application reads and sends from those that it has written. Kestrel starts connections on the thread
/// pool, and applications may leave the shard: what is done on other threads is brought here, in its order.
/// </summary>
internal sealed class InlinePipe : TransportPipe
{
    private readonly ReactorTransportOptions _options;
    private readonly InlinePipeReader _reader;
    private readonly InlinePipeWriter _writer;
    private ConnectionPipe? _pipe;

    /// <summary>On any thread.</summary>
    internal InlinePipe(ReactorConnectionContext context, ReactorTransportOptions options)
        : base(context)
    {
        _options = options;
        _reader = new InlinePipeReader(this);
        _writer = new InlinePipeWriter(this, options.WriteLimit);
        _reader.Watch();
    }

    public override PipeReader Input => _reader;

    public override PipeWriter Output => _writer;

    internal TransportShard TransportShard => Context.TransportShard;

    /// <summary>On the shard: the connection's pipe; null if the connection was closed before anybody asked.</summary>
    internal ConnectionPipe? Pipe => _pipe ?? Open();

    internal override void End()
    {
        _reader.ServeNow();
        Close();
    }

    internal override void Close()
    {
        _writer.ServeNow();
        CloseConnection(_options.ReadLimit);
        if (_pipe is null)
        {
            Context.OnClosed();
        }
    }

    internal override void OnAborted()
    {
        if (_pipe is null)
        {
            Context.OnClosed();
        }
    }

    private ConnectionPipe? Open()
    {
        if (Connection.IsClosed)
        {
            return null;
        }

        return _pipe = Connection.AsPipe(new ConnectionPipeOptions
        {
            Pool = TransportShard.Pool,
            PauseWriterThreshold = _options.WriteLimit,
            ResumeWriterThreshold = Math.Max(_options.WriteLimit / 2, 1),
            CloseTimeout = Timeout.InfiniteTimeSpan,
            ReadAhead = _options.ReadLimit,
            Owner = new Owner(Context),
        });
    }

    private sealed class Owner(ReactorConnectionContext context) : PipeOwner
    {
        internal override Exception EndReason => context.EndReason;

        internal override void OnReceiveEnded() => context.OnReadFin();

        internal override void OnFailed(int errno) => context.OnFailed(SocketErrors.From($"receive or send on {context.Connection}", errno));

        internal override void OnPaused(bool isPaused) => context.OnPaused(isPaused);

        internal override void OnClosed() => context.OnClosed();
    }
}
