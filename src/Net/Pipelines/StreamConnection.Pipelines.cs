using System.Net.Sockets;
using Reactor.Kernel;
using Reactor.Polling;
using Tmds.Linux;

namespace Reactor.Net;

// The connection as a pair of pipes, or as a stream.
public abstract partial class StreamConnection
{
    private ConnectionPipe? _pipe;
    private ConnectionStream? _stream;
    private Action? _onDrained;

    /// <summary>
    /// The connection as a <see cref="System.IO.Pipelines.PipeReader"/> and a <see cref="System.IO.Pipelines.PipeWriter"/>,
    /// which from now on are the only ones to receive and send: the methods of the connection that do so throw.
    /// </summary>
    /// <param name="options">Pool and thresholds; null for the defaults. Read here, and not later.</param>
    /// <exception cref="ArgumentException">An option cannot be met.</exception>
    /// <exception cref="InvalidOperationException">Not on its shard, or a receive or send is pending, or the connection has a pipe or a stream already.</exception>
    /// <exception cref="ObjectDisposedException">The connection is closed.</exception>
    public ConnectionPipe AsPipe(ConnectionPipeOptions? options = null)
    {
        VerifyReceivable();
        VerifySendable();
        if (_stream is not null)
        {
            throw new InvalidOperationException($"{this} has a stream already. Choose one: {nameof(AsPipe)} or {nameof(AsStream)}.");
        }

        options ??= new ConnectionPipeOptions();
        options.Validate();
        _pipe = new ConnectionPipe(this, options.Copy());
        _use = Use.Pipe;
        return _pipe;
    }

    /// <summary>
    /// The connection as a stream, which can be read and written at the same time, for <c>SslStream</c> and others. A write
    /// sends at once; a read into an empty buffer waits until there is something to read. Synchronous reads and writes throw
    /// <see cref="NotSupportedException"/>, because they would block the shard. Disposing the stream closes the connection.
    /// </summary>
    /// <remarks>
    /// Of a connection whose server has TLS it is the stream within that. It is used on the shard only. Failures of the connection are told as <see cref="IOException"/> from now on, as the users
    /// of streams expect, with the <see cref="SocketException"/> inside. A second call returns the same stream.
    /// </remarks>
    /// <exception cref="InvalidOperationException">Not on its shard, or the connection has a pipe, whose ends have streams of their own.</exception>
    /// <exception cref="ObjectDisposedException">The connection is closed.</exception>
    public Stream AsStream()
    {
        if (Tls is not null)
        {
            VerifyUsable();
            return Tls;
        }

        VerifyDirect();
        Receiver.ServesLibraries = Sender.ServesLibraries = true;
        return _stream ??= new ConnectionStream(this);
    }

    internal bool IsLikelyReadable => _isLikelyReadable;

    internal void ThrowIfClosed()
    {
        if (IsClosed)
        {
            ThrowClosed();
        }
    }

    /// <summary>Closed, while what was flushed before is still being sent.</summary>
    internal bool IsDraining { get; private set; }

    /// <summary>Closed in good order, and yet what was flushed before has not reached the kernel, and nobody has been told.</summary>
    internal bool HasLostOutput { get; private set; }

    /// <summary>Has the callback run on the shard when <see cref="IsDraining"/> comes to its end; in a later turn.</summary>
    internal void WhenDrained(Action callback) => _onDrained = callback;

    /// <summary>What was flushed before the close has been sent, or will never be.</summary>
    internal void EndDrain(CloseMode mode)
    {
        IsDraining = false;
        HasLostOutput = mode == CloseMode.Reset;
        _pipe!.StopDraining();
        Release(mode);
        if (_onDrained is not null)
        {
            Shard.CurrentQueue.Enqueue(static callback => ((Action)callback!)(), _onDrained);
        }
    }

    internal SysResult ShutdownSendNow() => Count(Sockets.ShutdownSend(_fd));

    /// <summary>Receives into the room in a chain of segments.</summary>
    /// <param name="first">The first of them. They are not told: that is for the caller.</param>
    /// <param name="room">How many bytes there is room for.</param>
    /// <remarks>Hot path: one system call.</remarks>
    internal SysResult ReceiveNow(PipeSegment first, out long room)
    {
        if (first.NextSegment is null)
        {
            room = first.RoomLength;
            return ReceiveNow(first.Room.Span);
        }

        return ReceiveVectored(first, out room);
    }

    /// <summary>Sends from a chain of segments what they have not sent yet, up to this many bytes, as far as one call takes it.</summary>
    /// <remarks>Hot path: one system call.</remarks>
    internal SysResult SendNow(PipeSegment first, long bytes)
    {
        ReadOnlyMemory<byte> unsent = first.Unsent;
        return bytes <= unsent.Length ? SendNow(unsent.Span[..(int)bytes]) : SendVectored(first, bytes);
    }

    private unsafe SysResult ReceiveVectored(PipeSegment first, out long room)
    {
        iovec* vectors = stackalloc iovec[Sockets.MaxVectors];
        using var pinned = new PinnedVectors(vectors);
        for (PipeSegment? segment = first; segment is not null; segment = segment.NextSegment)
        {
            pinned.Add(segment.Room);
        }

        SysResult result;
        do
        {
            result = Count(Sockets.Receive(_fd, vectors, pinned.Count));
        }
        while (result.Errno == LibC.EINTR);

        room = pinned.Length;
        CountReceived(result, room);
        return result;
    }

    private unsafe SysResult SendVectored(PipeSegment first, long bytes)
    {
        iovec* vectors = stackalloc iovec[Sockets.MaxVectors];
        using var pinned = new PinnedVectors(vectors);
        for (PipeSegment segment = first; bytes > 0 && !pinned.IsFull; segment = segment.NextSegment!)
        {
            ReadOnlyMemory<byte> unsent = segment.Unsent;
            if (unsent.Length > bytes)
            {
                unsent = unsent[..(int)bytes];
            }

            if (!unsent.IsEmpty)
            {
                pinned.Add(unsent);
                bytes -= unsent.Length;
            }
        }

        SysResult result;
        do
        {
            result = Count(Sockets.Send(_fd, vectors, pinned.Count));
        }
        while (result.Errno == LibC.EINTR);

        Shard.Counters.BytesSent += Math.Max(result.Value, 0);
        return result;
    }

    /// <summary>A failure, as the users of this connection expect to be told of it.</summary>
    private Exception Told(SocketException failure) => _stream is null ? failure : new IOException(failure.Message, failure);
}
