using System.IO.Pipelines;
using Reactor.Kernel;
using Reactor.Polling;
using Reactor.Shards;

namespace Reactor.Net;

// Receiving, and waiting for something to receive.
internal sealed partial class ConnectionPipeReader
{
    /// <summary>A last segment with less room than this is left as it is.</summary>
    private const int LeastRoom = 512;

    /// <summary>As many blocks are filled by one call at the most: 64 KiB of the shard's own.</summary>
    private const int MostBlocks = 16;

    // Into how many blocks to receive: more and more while the peer fills them, so that a long transfer takes few calls and
    // a short one takes little memory.
    private int _blocks = 1;

    /// <summary>Receives what is there into the rest of the last segment, or into new ones. A failure or the end is noted.</summary>
    /// <remarks>Hot path: one system call. Blocks that stay empty are given back.</remarks>
    private SysResult Receive()
    {
        PipeSegment? rest = _last is { RoomLength: >= LeastRoom } ? _last : null;
        PipeSegment? head = rest;
        SysResult result;
        try
        {
            PipeSegment? tail = rest;
            for (int i = rest is null ? 0 : 1; i < _blocks || head is null; i++)
            {
                PipeSegment segment = _pipe.Segments.Rent(_pipe.Pool, 0);
                tail?.Link(segment);
                tail = segment;
                head ??= segment;
            }

            result = _connection.ReceiveNow(head, out long room);
            if (result.Value > 0)
            {
                Take(head, result.Value);
                AdaptTo(result.Value, room);
            }
        }
        finally
        {
            ReturnEmpty(head, rest);
        }

        if (result.Value == 0)
        {
            // A send may have taken the failure from the socket, and then the kernel tells the end instead of it.
            End();
        }
        else if (result.IsError && !result.WouldBlock)
        {
            _pipe.Fail(result.Errno);
        }

        return result;
    }

    private void End()
    {
        if (!_hasEnded && _pipe.Errno == 0)
        {
            _hasEnded = true;
            _pipe.Owner?.OnReceiveEnded();
        }
    }

    /// <summary>Takes over what has been received into a chain of segments, the first of which may be the last of the list.</summary>
    private void Take(PipeSegment head, int bytes)
    {
        if (head != _last)
        {
            _last?.Link(head);
            _first ??= head;
        }

        for (PipeSegment segment = head; ; segment = segment.NextSegment!)
        {
            if (segment != _last)
            {
                segment.Enter(this, _received);
                _last = segment;
            }

            int part = Math.Min(bytes, segment.RoomLength);
            segment.Fill(part);
            _received += part;
            bytes -= part;
            if (bytes == 0)
            {
                return;
            }
        }
    }

    private void ReturnEmpty(PipeSegment? head, PipeSegment? rest)
    {
        if (rest is null && head is { End: 0 })
        {
            _pipe.Segments.ReturnAll(head);
        }
        else if (_last?.NextSegment is { } empty)
        {
            _last.Link(null);
            _pipe.Segments.ReturnAll(empty);
        }
    }

    private void AdaptTo(int bytes, long room)
    {
        if (bytes == room)
        {
            _blocks = Math.Min(_blocks * 2, MostBlocks);
        }
        else if (bytes < room / 2)
        {
            _blocks = Math.Max(_blocks / 2, 1);
        }
    }

    /// <summary>Receives at the end of a turn, if nobody reads by then, and so long as not too much has been received.</summary>
    /// <param name="reader">Whose bytes it receives.</param>
    /// <param name="connection">The reader's.</param>
    /// <param name="most">So many bytes may wait for the reader.</param>
    private sealed class AheadAction(ConnectionPipeReader reader, StreamConnection connection, long most) : TurnEndAction(connection.Shard, connection.Handle, PollDirection.Read)
    {
        // Too much has been received; the owner has been told.
        private bool _isPaused;

        internal void Stop() => StopWaiting();

        /// <summary>To a read, which takes whatever comes.</summary>
        internal void GiveWay()
        {
            StopWaiting();
            SetPaused(false);
        }

        protected override void Run(int pollResult)
        {
            ConnectionPipe pipe = reader._pipe;
            if (reader._read.IsWaiting || reader._isCompleted || connection.IsClosed)
            {
                return;
            }

            if (pollResult < 0)
            {
                pipe.Fail(-pollResult);
            }
            else if (pollResult > 0)
            {
                reader.Receive();
            }

            if (reader._hasEnded || pipe.Errno != 0)
            {
                return;
            }

            bool mayReceive = reader._received - reader._consumed < most;
            if (mayReceive)
            {
                RunWhenReady();
            }

            SetPaused(!mayReceive);
        }

        private void SetPaused(bool isPaused)
        {
            if (_isPaused != isPaused)
            {
                _isPaused = isPaused;
                reader._pipe.Owner?.OnPaused(isPaused);
            }
        }
    }

    private sealed class ReadOperation(ConnectionPipeReader reader, StreamConnection connection)
        : ShardOperation<ReadResult>(connection.Shard, connection.Handle, PollDirection.Read)
    {
        private int _minimum;

        internal bool IsWaiting => IsPending;

        internal ValueTask<ReadResult> Start(int minimum, CancellationToken cancellationToken)
        {
            _minimum = minimum;
            Arm();
            Begin(cancellationToken);
            return Future;
        }

        /// <summary>Is tried in the next turn, without a poll.</summary>
        internal ValueTask<ReadResult> StartNextTurn(int minimum, CancellationToken cancellationToken)
        {
            _minimum = minimum;
            BeginReady(cancellationToken);
            return Future;
        }

        /// <summary>Ends it, if it is pending, with what there is.</summary>
        internal void EndCancelled()
        {
            if (IsPending && reader.TryTake(0, out ReadResult result))
            {
                End(result);
            }
        }

        protected override void Attempt(int pollResult)
        {
            if (pollResult < 0)
            {
                reader._pipe.Fail(-pollResult);
            }
            else
            {
                reader.Receive();
            }

            if (reader.TryTake(_minimum, out ReadResult result))
            {
                Complete(result);
            }
            else if (reader._pipe.Errno != 0)
            {
                Fail(reader.Failure());
            }
            else
            {
                Arm();
            }
        }
    }
}
