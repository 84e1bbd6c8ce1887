using System.Buffers;
using System.IO.Pipelines;
using System.Net.Sockets;

namespace Reactor.Net;

/// <summary>
/// A connection as a pair of pipes, without a pipe in between: the reader receives into its own blocks, and the writer
/// sends from its own. Made by <see cref="StreamConnection.AsPipe"/>, and used on the connection's shard only, except for
/// <see cref="PipeReader.CancelPendingRead"/> and <see cref="PipeWriter.CancelPendingFlush"/>.
/// </summary>
/// <remarks>
/// <para><b>Reading</b> waits without holding a block. What was received and not been consumed is kept; what was examined is
/// not told again before there is more. After the peer's FIN reads end at once, <c>IsCompleted</c>, with what is left. After a
/// failure they throw it, each one. Completing the reader gives its blocks back; the connection goes on.</para>
/// <para><b>Flushing</b> sends at the end of the turn of the shard's loop, together with all else that was flushed in that
/// turn, and ends at once as long as fewer bytes than <see cref="ConnectionPipeOptions.PauseWriterThreshold"/> wait for the
/// kernel to take them. So a failed send is told later: by the next flush, by <see cref="PipeWriter.Complete"/>, or by
/// <see cref="PipeWriter.CompleteAsync"/>, which waits until everything has gone to the kernel.</para>
/// <para><b>Completing the writer</b> flushes, then tells the peer the end (FIN). Completing it with an exception resets the
/// connection (RST), so that the peer does not take a broken transfer for a complete one.</para>
/// <para><b>Closing the connection</b> sends what was flushed before, within <see cref="ConnectionPipeOptions.CloseTimeout"/>;
/// what was not flushed is dropped.</para>
/// </remarks>
public sealed class ConnectionPipe : IDuplexPipe
{
    private readonly ConnectionPipeReader _reader;
    private readonly ConnectionPipeWriter _writer;
    private bool _isFailureTold;

    internal ConnectionPipe(StreamConnection connection, ConnectionPipeOptions options)
    {
        Connection = connection;
        Segments = SegmentPool.Of(connection.Shard);
        Pool = options.Pool ?? Segments.Blocks;
        Owner = options.Owner;
        _reader = new ConnectionPipeReader(this, options.ReadAhead);
        _writer = new ConnectionPipeWriter(this, options);
    }

    /// <summary>What the peer sends.</summary>
    /// <exception cref="InvalidOperationException">From its members: not on the shard, a second read while one is pending, or used after it was completed.</exception>
    /// <exception cref="ObjectDisposedException">From a read: the connection is closed.</exception>
    /// <exception cref="SocketException">
    /// From a read: the connection failed, or was closed on this side while the read was pending (<see cref="SocketError.OperationAborted"/>).
    /// </exception>
    public PipeReader Input => _reader;

    internal ConnectionPipeReader Reader => _reader;

    /// <summary>What goes to the peer.</summary>
    /// <exception cref="InvalidOperationException">From its members: not on the shard, a second flush while one is pending, or used after it was completed.</exception>
    /// <exception cref="ObjectDisposedException">From a flush: the connection is closed.</exception>
    /// <exception cref="SocketException">
    /// From a flush or the completion: this or an earlier send failed, or the connection was closed on this side while the
    /// flush was pending (<see cref="SocketError.OperationAborted"/>). What was written and not been sent is dropped.
    /// </exception>
    public PipeWriter Output => _writer;

    internal ConnectionPipeWriter Writer => _writer;

    internal StreamConnection Connection { get; }

    internal SegmentPool Segments { get; }

    internal MemoryPool<byte> Pool { get; }

    /// <summary>Who has made the connection a pipe for others; null if its users did so themselves.</summary>
    internal PipeOwner? Owner { get; }

    /// <summary>The errno with which the connection failed under a send or a receive; 0 while it is well.</summary>
    internal int Errno { get; private set; }

    /// <summary>Whether it has failed and nobody has heard of it.</summary>
    internal bool HasUntoldFailure => Errno != 0 && !_isFailureTold;

    /// <summary>The connection has failed under a send or a receive. What is known already stays.</summary>
    internal void Fail(int errno)
    {
        if (Errno == 0)
        {
            Errno = errno;
            Owner?.OnFailed(errno);
        }
    }

    /// <summary>The failure, as an exception for whoever asks; told from now on.</summary>
    internal Exception TellFailure(string attempt)
    {
        _isFailureTold = true;
        return Owner is { } owner ? owner.EndReason : SocketErrors.From($"{attempt} on {Connection}", Errno);
    }

    /// <summary>The connection closes: pending operations end. True if bytes that were flushed are still to be sent before.</summary>
    internal bool OnClosing(bool isGraceful)
    {
        _reader.OnClosing();
        return _writer.OnClosing(isGraceful);
    }

    /// <summary>Sends no more of what <see cref="OnClosing"/> has left to be sent.</summary>
    internal void StopDraining() => _writer.StopDraining();
}
