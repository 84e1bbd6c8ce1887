namespace Reactor.Net;

/// <summary>
/// A connection as a stream. It sits on the connection itself and buffers nothing: a write sends at once, an empty read waits
/// until there is something to read, without holding a buffer, and what these await resumes inline on the shard.
/// </summary>
internal sealed class ConnectionStream(StreamConnection connection) : Stream
{
    public override bool CanRead => !connection.IsClosed;

    public override bool CanWrite => !connection.IsClosed;

    public override bool CanSeek => false;

    public override long Length => throw NotSeekable();

    public override long Position
    {
        get => throw NotSeekable();
        set => throw NotSeekable();
    }

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
        connection.Tls is null ? connection.ReceiveAsync(buffer, cancellationToken) : connection.ReceiveForTls(buffer, cancellationToken);

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken)
    {
        ValidateBufferArguments(buffer, offset, count);
        return ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();
    }

    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default) =>
        connection.Tls is null ? connection.SendAsync(buffer, cancellationToken) : connection.SendForTls(buffer, cancellationToken);

    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken)
    {
        ValidateBufferArguments(buffer, offset, count);
        return WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();
    }

    public override IAsyncResult BeginRead(byte[] buffer, int offset, int count, AsyncCallback? callback, object? state) =>
        TaskToAsyncResult.Begin(ReadAsync(buffer, offset, count, CancellationToken.None), callback, state);

    public override int EndRead(IAsyncResult asyncResult) => TaskToAsyncResult.End<int>(asyncResult);

    public override IAsyncResult BeginWrite(byte[] buffer, int offset, int count, AsyncCallback? callback, object? state) =>
        TaskToAsyncResult.Begin(WriteAsync(buffer, offset, count, CancellationToken.None), callback, state);

    public override void EndWrite(IAsyncResult asyncResult) => TaskToAsyncResult.End(asyncResult);

    /// <summary>Nothing is buffered here.</summary>
    public override void Flush()
    {
    }

    public override Task FlushAsync(CancellationToken cancellationToken) =>
        cancellationToken.IsCancellationRequested ? Task.FromCanceled(cancellationToken) : Task.CompletedTask;

    /// <remarks>It would work now and then, when something happens to be there; better that it is seen at the first try.</remarks>
    public override int Read(byte[] buffer, int offset, int count) => throw Blocking(nameof(ReadAsync));

    public override int Read(Span<byte> buffer) => throw Blocking(nameof(ReadAsync));

    public override void Write(byte[] buffer, int offset, int count) => throw Blocking(nameof(WriteAsync));

    public override void Write(ReadOnlySpan<byte> buffer) => throw Blocking(nameof(WriteAsync));

    public override long Seek(long offset, SeekOrigin origin) => throw NotSeekable();

    public override void SetLength(long value) => throw NotSeekable();

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            connection.Close();
        }

        base.Dispose(disposing);
    }

    private NotSupportedException Blocking(string instead) =>
        new($"{connection}: a synchronous read or write would block {connection.Shard}, and everything else on it. Await {instead}; dispose writers and readers on top of the stream with await using.");

    private NotSupportedException NotSeekable() => new($"{connection} is no file: there is no position in it.");
}
