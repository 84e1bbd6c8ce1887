using System.Diagnostics.CodeAnalysis;
using Reactor.Net;

namespace Reactor.Samples.Http;

/// <summary>
/// One HTTP connection: receives, answers everything that has arrived whole, sends the answers in one call, and again.
/// </summary>
[SuppressMessage("Design", "CA1001", Justification = "The token source has no timer and no handle; there is nothing to give back.")]
internal sealed partial class HttpConnection(HttpShard shard, TcpConnection tcp)
{
    private readonly HttpRequestParser _parser = new(shard.Limits);

    // Held only while a request is under way.
    private byte[]? _input;
    private byte[]? _output;

    // The input that has not been dealt with, and the answers that have not been sent.
    private int _start;
    private int _end;
    private int _written;

    /// <summary>The place in the shard's list.</summary>
    internal int Index { get; set; }

    private bool IsWithinRequest => _isInBody || _start != _end;

    /// <summary>Runs until the peer, an error, a timeout or the end of the server ends the connection.</summary>
    internal async Task RunAsync()
    {
        try
        {
            bool isOurEnd;
            try
            {
                isOurEnd = await AnswerAllAsync();
            }
            catch (OperationCanceledException) when (_isOverdue)
            {
                isOurEnd = true;
                Refuse(HttpError.RequestTimeout);
                await SendAnswersAsync();
            }

            if (isOurEnd)
            {
                await LingerAsync();
            }
        }
        finally
        {
            ReturnBuffers();
        }
    }

    /// <summary>Receives and answers. True if the connection is to be ended from here, false if the peer has ended it.</summary>
    /// <remarks>The hot path: for a request that comes in one piece, one receive and one send, and nothing allocated.</remarks>
    private async Task<bool> AnswerAllAsync()
    {
        while (true)
        {
            Step step = Process();
            await SendAnswersAsync();
            if (step == Step.End || (!IsWithinRequest && shard.IsDraining))
            {
                return true;
            }

            if (step == Step.Flush)
            {
                continue;
            }

            if (!IsWithinRequest)
            {
                // An idle connection holds no buffer: it waits for the next request with an empty one.
                ReturnBuffers();
                Enter(Phase.Idle);
                await tcp.ReceiveAsync(Memory<byte>.Empty);
            }

            EnterReceiving();
            int received = await tcp.ReceiveAsync(MakeRoom(), _overdue.Token);
            if (received == 0)
            {
                return false;
            }

            // The time may have run out while what was received waited to be dealt with.
            _overdue.Token.ThrowIfCancellationRequested();
            _end += received;
        }
    }

    /// <summary>Sends all answers of a batch in one call, and behind them the body of a chunked echo.</summary>
    private ValueTask SendAnswersAsync()
    {
        if (_written == 0)
        {
            return default;
        }

        Enter(Phase.Sending);
        var head = new ReadOnlyMemory<byte>(_output, 0, _written);
        _written = 0;
        if (_collected is null)
        {
            return tcp.SendAsync(head);
        }

        ReadOnlyMemory<byte>[] both = [head, _collected.WrittenMemory];
        _collected = null;
        return tcp.SendAsync(both);
    }

    /// <summary>
    /// Ends the connection so that the last answer arrives. Closing with unread input would make the kernel send RST, and
    /// the peer could lose what it has not read yet: so we say that nothing follows, and read on until the peer has
    /// finished too.
    /// </summary>
    private async Task LingerAsync()
    {
        tcp.ShutdownSend();
        Enter(Phase.Lingering);
        byte[] waste = _input ??= shard.Buffers.Rent();
        while (await tcp.ReceiveAsync(waste) > 0)
        {
        }
    }

    /// <summary>The free part of the input buffer, made larger by moving what is unfinished to its front.</summary>
    private Memory<byte> MakeRoom()
    {
        _input ??= shard.Buffers.Rent();
        if (_start > 0)
        {
            _input.AsSpan(_start, _end - _start).CopyTo(_input);
            _end -= _start;
            _start = 0;
        }

        return _input.AsMemory(_end);
    }

    private void ReturnBuffers()
    {
        if (_input is not null)
        {
            shard.Buffers.Return(_input);
            _input = null;
        }

        if (_output is not null)
        {
            shard.Buffers.Return(_output);
            _output = null;
        }
    }
}
