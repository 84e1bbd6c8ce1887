using System.Buffers;
using System.IO.Pipelines;
using System.Net.Sockets;
using Reactor.Shards;

namespace Reactor.Net.Kestrel;

/// <summary>
/// For applications on the thread pool (<see cref="ApplicationScheduling.ThreadPool"/>): a pipe each way between them and two
/// loops on the shard, one that receives and one that sends.
/// </summary>
internal sealed class PooledPipe : TransportPipe
{
    /// <summary>A block with less room than this is not received into.</summary>
    private const int LeastRoom = 2_048;

    private readonly Pipe _input;
    private readonly Pipe _output;
    private readonly long _readLimit;

    // On the shard.
    private readonly List<ReadOnlyMemory<byte>> _buffers = [];
    private Task? _receiving;
    private Task? _sending;
    private int _loops;

    // The connection is to be closed when what has been flushed has been sent.
    private bool _isClosing;

    /// <summary>On any thread.</summary>
    internal PooledPipe(ReactorConnectionContext context, ReactorTransportOptions options)
        : base(context)
    {
        Shard shard = context.TransportShard.Shard;
        MemoryPool<byte> pool = context.TransportShard.Pool;
        var toShard = new ShardPipeScheduler(shard);
        _readLimit = options.ReadLimit;
        _input = new Pipe(Limited(options.MaxReadBufferSize ?? 0, pool, PipeScheduler.ThreadPool, toShard));
        _output = new Pipe(Limited(options.MaxWriteBufferSize ?? 0, pool, toShard, PipeScheduler.ThreadPool));
        if (!shard.TrySend(new PostedAction<PooledPipe>(static pipe => pipe.Start(), this)))
        {
            _input.Writer.Complete(context.EndReason);
            _output.Reader.Complete();
        }
    }

    public override PipeReader Input => _input.Reader;

    public override PipeWriter Output => _output.Writer;

    internal override void Close()
    {
        _isClosing = true;
        OnAborted();
    }

    internal override void OnAborted()
    {
        // A loop that waits for the application, and not for the socket, has to be told.
        _output.Reader.CancelPendingRead();
        _input.Writer.CancelPendingFlush();
    }

    internal override void End()
    {
        Start();
        _ = EndAsync();
    }

    private static PipeOptions Limited(long limit, MemoryPool<byte> pool, PipeScheduler reader, PipeScheduler writer) =>
        new(pool, reader, writer, pauseWriterThreshold: limit, resumeWriterThreshold: Math.Max(limit / 2, limit == 0 ? 0 : 1), useSynchronizationContext: false);

    private void Start()
    {
        if (_receiving is null)
        {
            _loops = 2;
            _receiving = ReceiveAsync();
            _sending = SendAsync();
        }
    }

    private async Task EndAsync()
    {
        await _sending!;
        CloseConnection(_readLimit);
        await _receiving!;
        Context.OnClosed();
    }

    private async Task ReceiveAsync()
    {
        Exception? failure = null;
        try
        {
            await ReceiveAllAsync();
        }
        catch (Exception exception)
        {
            OnFailed(exception);
            failure = Context.EndReason;
        }

        _input.Writer.Complete(failure);
        Context.FireClosed();
        OnLoopEnded();
    }

    private async Task ReceiveAllAsync()
    {
        PipeWriter input = _input.Writer;
        while (true)
        {
            // Without a buffer, so that an idle connection holds none.
            await Connection.WaitToReceiveAsync();
            SocketError error = Connection.TryReceive(input.GetMemory(LeastRoom).Span, out int received);
            if (error == SocketError.WouldBlock)
            {
                continue;
            }

            if (error != SocketError.Success)
            {
                throw new SocketException((int)error);
            }

            if (received == 0)
            {
                Context.OnReadFin();
                return;
            }

            input.Advance(received);
            ValueTask<FlushResult> flush = input.FlushAsync();
            bool isPaused = !flush.IsCompleted;
            if (isPaused)
            {
                Context.OnPaused(true);
            }

            FlushResult result = await flush;
            if (isPaused)
            {
                Context.OnPaused(false);
            }

            if (result.IsCompleted || result.IsCanceled)
            {
                // The application reads no more, or the connection was aborted.
                return;
            }
        }
    }

    private async Task SendAsync()
    {
        try
        {
            if (await SendAllAsync())
            {
                Connection.ShutdownSend();
            }

            if (_isClosing)
            {
                CloseConnection(_readLimit);
            }
        }
        catch (Exception exception)
        {
            OnFailed(exception);
        }

        _output.Reader.Complete();
        _input.Writer.CancelPendingFlush();
        OnLoopEnded();
    }

    /// <summary>True when the application has completed its output and all of it has been sent; false when the connection was aborted before, or is to be closed.</summary>
    private async Task<bool> SendAllAsync()
    {
        PipeReader output = _output.Reader;
        while (true)
        {
            ReadResult result = await output.ReadAsync();
            if (Connection.IsClosed)
            {
                return false;
            }

            ReadOnlySequence<byte> buffer = result.Buffer;
            if (buffer.IsSingleSegment)
            {
                if (!buffer.IsEmpty)
                {
                    await Connection.SendAsync(buffer.First);
                }
            }
            else
            {
                await SendAsync(buffer);
            }

            output.AdvanceTo(buffer.End);
            if (result.IsCompleted || _isClosing)
            {
                return result.IsCompleted;
            }
        }
    }

    private async ValueTask SendAsync(ReadOnlySequence<byte> buffer)
    {
        foreach (ReadOnlyMemory<byte> part in buffer)
        {
            _buffers.Add(part);
        }

        try
        {
            await Connection.SendAsync(_buffers);
        }
        finally
        {
            _buffers.Clear();
        }
    }

    private void OnFailed(Exception exception)
    {
        if (Connection.IsClosed)
        {
            // By us: the reason is known.
            return;
        }

        if (exception is SocketException failure)
        {
            Context.OnFailed(failure);
        }
        else
        {
            // The application has completed its output with it: the peer is not to take that for the whole.
            Context.Abort(exception);
        }
    }

    private void OnLoopEnded()
    {
        if (--_loops == 0 && Connection.IsClosed)
        {
            Context.OnClosed();
        }
    }
}
