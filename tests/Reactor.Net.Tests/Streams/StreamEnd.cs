using System.Buffers;
using System.IO.Pipelines;
using System.Net.Sockets;

namespace Reactor.Net.Tests.Streams;

/// <summary>The ways to use a connection.</summary>
public enum StreamUse
{
    Direct,
    Vectored,
    Trying,
    Stream,
    Pipe,
}

/// <summary>One end of a connection, used in one of the ways that there are.</summary>
internal abstract class StreamEnd(StreamConnection connection)
{
    internal StreamConnection Connection { get; } = connection;

    /// <summary>Bytes, or 0 at the end.</summary>
    internal abstract ValueTask<int> ReceiveAsync(Memory<byte> buffer, CancellationToken cancellationToken);

    internal abstract ValueTask SendAsync(ReadOnlyMemory<byte> bytes);

    internal virtual ValueTask FinishAsync()
    {
        Connection.ShutdownSend();
        return default;
    }

    internal static StreamEnd Of(StreamUse use, StreamConnection connection, BlockCounter blocks) => use switch
    {
        StreamUse.Direct => new Direct(connection),
        StreamUse.Vectored => new Vectored(connection),
        StreamUse.Trying => new Trying(connection),
        StreamUse.Stream => new OnStream(connection),
        _ => new OnPipe(connection, blocks),
    };

    private sealed class Direct(StreamConnection connection) : StreamEnd(connection)
    {
        internal override ValueTask<int> ReceiveAsync(Memory<byte> buffer, CancellationToken cancellationToken) => Connection.ReceiveAsync(buffer, cancellationToken);

        internal override ValueTask SendAsync(ReadOnlyMemory<byte> bytes) => Connection.SendAsync(bytes);
    }

    private sealed class Vectored(StreamConnection connection) : StreamEnd(connection)
    {
        internal override ValueTask<int> ReceiveAsync(Memory<byte> buffer, CancellationToken cancellationToken)
        {
            int third = buffer.Length / 3;
            return Connection.ReceiveAsync([buffer[..third], buffer[third..third], buffer[third..]], cancellationToken);
        }

        internal override ValueTask SendAsync(ReadOnlyMemory<byte> bytes)
        {
            int third = bytes.Length / 3;
            return Connection.SendAsync([bytes[..third], bytes[third..third], bytes[third..]]);
        }
    }

    /// <summary>Waits without a buffer, and tries.</summary>
    private sealed class Trying(StreamConnection connection) : StreamEnd(connection)
    {
        internal override async ValueTask<int> ReceiveAsync(Memory<byte> buffer, CancellationToken cancellationToken)
        {
            while (true)
            {
                switch (Connection.TryReceive(buffer.Span, out int received))
                {
                    case SocketError.Success:
                        return received;
                    case SocketError.WouldBlock:
                        await Connection.WaitToReceiveAsync(cancellationToken);
                        break;
                    case var failure:
                        throw new SocketException((int)failure);
                }
            }
        }

        internal override async ValueTask SendAsync(ReadOnlyMemory<byte> bytes)
        {
            while (!bytes.IsEmpty)
            {
                switch (Connection.TrySend(bytes.Span, out int sent))
                {
                    case SocketError.Success:
                        bytes = bytes[sent..];
                        break;
                    case SocketError.WouldBlock:
                        await Connection.WaitToSendAsync();
                        break;
                    case var failure:
                        throw new SocketException((int)failure);
                }
            }
        }
    }

    private sealed class OnStream(StreamConnection connection) : StreamEnd(connection)
    {
        private readonly Stream _stream = connection.AsStream();

        internal override ValueTask<int> ReceiveAsync(Memory<byte> buffer, CancellationToken cancellationToken) => _stream.ReadAsync(buffer, cancellationToken);

        internal override ValueTask SendAsync(ReadOnlyMemory<byte> bytes) => _stream.WriteAsync(bytes);
    }

    private sealed class OnPipe(StreamConnection connection, BlockCounter blocks) : StreamEnd(connection)
    {
        private readonly ConnectionPipe _pipe = connection.AsPipe(new ConnectionPipeOptions { Pool = blocks });

        internal override async ValueTask<int> ReceiveAsync(Memory<byte> buffer, CancellationToken cancellationToken)
        {
            ReadResult read = await _pipe.Input.ReadAsync(cancellationToken);
            int length = (int)Math.Min(read.Buffer.Length, buffer.Length);
            Assert.True(length > 0 || read.IsCompleted, "a read without bytes is the end");
            ReadOnlySequence<byte> some = read.Buffer.Slice(0, length);
            some.CopyTo(buffer.Span);
            _pipe.Input.AdvanceTo(some.End);
            return length;
        }

        internal override async ValueTask SendAsync(ReadOnlyMemory<byte> bytes) => await _pipe.Output.WriteAsync(bytes);

        internal override ValueTask FinishAsync() => _pipe.Output.CompleteAsync();
    }
}
