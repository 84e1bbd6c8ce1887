using System.Diagnostics;
using System.IO.Pipelines;
using Reactor.Kernel;
using Reactor.Polling;
using Reactor.Shards;
using Reactor.Timers;

namespace Reactor.Net;

// Sending at the end of the turn, waiting for room, and the end.
internal sealed partial class ConnectionPipeWriter
{
    private DrainTimer? _drainTimer;

    // Closed, while bytes that were flushed before are still to go.
    private bool _isDraining;

    // FIN has gone.
    private bool _hasSentEnd;

    /// <summary>The connection closes. True if bytes that were flushed are still to be sent before.</summary>
    internal bool OnClosing(bool isGraceful)
    {
        if (_flush is { IsPending: true } flush && !TryEndForOwner(flush))
        {
            flush.Fail(SocketErrors.Aborted($"flush on {_connection}"));
        }

        if (isGraceful)
        {
            // No more is sent than has been flushed: what else is in the segments goes with them.
            _unflushed = 0;
            if (_flushed > 0)
            {
                // It may have been flushed in this very turn. What waits for a poll already is not taken now either.
                SendFlushed(default);
            }
        }

        if (!isGraceful || _flushed == 0)
        {
            Drop();
            return false;
        }

        _isDraining = true;
        if (_options.CloseTimeout != Timeout.InfiniteTimeSpan)
        {
            _drainTimer = new DrainTimer(_connection);
            _shard.ArmTimer(_drainTimer, _options.CloseTimeout);
        }

        return true;
    }

    internal void StopDraining()
    {
        _isDraining = false;
        Drop();
        if (_drainTimer is { IsArmed: true })
        {
            _shard.Timers.Cancel(_drainTimer);
        }
    }

    /// <summary>The end of a turn in which something was flushed or the kernel had room again.</summary>
    private void Send(int pollResult)
    {
        if (_flushed > 0)
        {
            SendFlushed(pollResult < 0 ? SysResult.Failure(-pollResult) : default);
        }

        if (_isDraining)
        {
            if (_flushed == 0)
            {
                _connection.EndDrain(_pipe.Errno == 0 ? CloseMode.Graceful : CloseMode.Reset);
            }

            return;
        }

        if (_isCompleted && _flushed == 0 && !_hasSentEnd && !_connection.IsClosed && _pipe.Errno == 0)
        {
            SendEnd();
        }

        if (_flush is { IsPending: true })
        {
            EndFlush(_flush);
        }
    }

    /// <summary>Sends what has been flushed, in one call, and waits for room for what the kernel does not take.</summary>
    /// <param name="refusal">A failure if the kernel has refused the poll.</param>
    private void SendFlushed(SysResult refusal)
    {
        SysResult result = refusal.IsError ? refusal : _connection.SendNow(_first!, _flushed);
        if (result.IsError && !result.WouldBlock)
        {
            Fail(result.Errno);
            return;
        }

        int sent = Math.Max(result.Value, 0);
        _flushed -= sent;
        DropSent(sent);
        if (_flushed > 0)
        {
            _output.SendWhenWritable();
        }
    }

    private void SendEnd()
    {
        SysResult result = _connection.ShutdownSendNow();
        if (result.IsError)
        {
            Fail(result.Errno);
        }
        else
        {
            _hasSentEnd = true;
        }
    }

    private void EndFlush(FlushWait flush)
    {
        if (_pipe.Errno != 0)
        {
            if (!TryEndForOwner(flush))
            {
                flush.Fail(_pipe.TellFailure("flush"));
            }
        }
        else if (flush.IsWaitingForRoom ? _flushed < flush.Threshold : _hasSentEnd)
        {
            flush.Complete(default);
        }
    }

    /// <summary>Ends a flush whose bytes will not be sent, where the pipe has an owner: its users are told no failure. False if it has none.</summary>
    private bool TryEndForOwner(FlushWait flush)
    {
        if (_pipe.Owner is null)
        {
            return false;
        }

        flush.Complete(s_ended);
        return true;
    }

    private void Fail(int errno)
    {
        _pipe.Fail(errno);
        Drop();
    }

    /// <summary>Drops from the front what has been sent. Of a writer that has sent everything nothing is left, so that it holds no block while it is idle.</summary>
    private void DropSent(int bytes = 0)
    {
        while (_first is { } segment)
        {
            int part = Math.Min(bytes, segment.Unsent.Length);
            segment.Sent(part);
            bytes -= part;
            if (!segment.IsSent || (segment == _last && _isWriting))
            {
                return;
            }

            _first = segment.NextSegment;
            _pipe.Segments.Return(segment);
        }

        _last = null;
    }

    /// <summary>Drops all that has not been sent.</summary>
    private void Drop()
    {
        _flushed = _unflushed = 0;
        DropSent(int.MaxValue);
    }

    private sealed class Output(ConnectionPipeWriter writer, StreamConnection connection) : TurnEndAction(connection.Shard, connection.Handle, PollDirection.Write)
    {
        internal void SendWhenWritable() => RunWhenReady();

        protected override void Run(int pollResult) => writer.Send(pollResult);
    }

    /// <summary>A flush that waits until the kernel has taken enough, or a completion that waits until it has taken everything.</summary>
    private sealed class FlushWait(ConnectionPipeWriter writer) : ShardWait<FlushResult>(writer._shard)
    {
        /// <summary>A flush ends when fewer bytes than this are left; 0 for a completion, which FIN ends.</summary>
        internal int Threshold { get; private set; }

        internal bool IsBusy => !IsIdle;

        internal bool IsWaitingForRoom => IsPending && Threshold > 0;

        internal ValueTask<FlushResult> Start(int threshold, CancellationToken cancellationToken)
        {
            Threshold = threshold;
            Begin(Timeout.InfiniteTimeSpan, cancellationToken);
            return Future;
        }

        internal ValueTask StartUntilEnd()
        {
            Threshold = 0;
            Begin(Timeout.InfiniteTimeSpan, CancellationToken.None);
            return VoidFuture;
        }

        protected override void OnTime() => throw new UnreachableException("it has no timeout");

        /// <summary>Nobody has it in a list. What has been flushed stays so.</summary>
        protected override void OnAbandoned()
        {
        }

        protected override void OnTaken()
        {
        }
    }

    /// <summary>Ends a connection whose peer does not take what was flushed before its close.</summary>
    private sealed class DrainTimer(StreamConnection connection) : TimerEntry
    {
        internal override void OnDue() => connection.EndDrain(CloseMode.Reset);
    }
}
