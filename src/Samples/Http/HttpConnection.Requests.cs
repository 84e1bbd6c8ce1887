using System.Buffers;

namespace Reactor.Samples.Http;

// From input to answers, without waiting.
internal sealed partial class HttpConnection
{
    private readonly HttpBodyReader _body = new(shard.Limits);

    // The request whose body is being read.
    private bool _isInBody;
    private Route _route;
    private ConnectionOption _option;

    // The body of a chunked echo, whose length must be known before the answer can begin: while it comes in, and when it
    // is to be sent.
    private ArrayBufferWriter<byte>? _collecting;
    private ArrayBufferWriter<byte>? _collected;

    /// <summary>What the connection has to do next, after sending what was written.</summary>
    private enum Step
    {
        /// <summary>Receive more.</summary>
        Receive,

        /// <summary>Go on with what has been received: the output was full.</summary>
        Flush,

        /// <summary>End the connection.</summary>
        End,
    }

    /// <summary>A counted echo goes out while it comes in; everything else is answered when the request is complete.</summary>
    private bool EchoesAsItComes => _route.Action == RouteAction.Echo && !_parser.IsChunked;

    private Span<byte> Room => _output.AsSpan(_written);

    /// <summary>Answers all requests that have arrived whole, in order, into the output buffer.</summary>
    private Step Process()
    {
        while (IsWithinRequest)
        {
            _output ??= shard.Buffers.Rent();
            ReadOnlySpan<byte> data = _input.AsSpan(_start, _end - _start);
            if ((_isInBody ? ProcessBody(data) : ProcessHead(data)) is { } step)
            {
                return step;
            }
        }

        return Step.Receive;
    }

    /// <summary>Null when a request was answered, or its body begins.</summary>
    private Step? ProcessHead(ReadOnlySpan<byte> data)
    {
        ParseStatus status = _parser.Parse(data, out int consumed);
        if (status != ParseStatus.Complete)
        {
            return status == ParseStatus.Error ? Refuse(_parser.Error) : Step.Receive;
        }

        // Where there is no room for the answer, nothing is consumed: the same head is parsed again when there is.
        _route = Router.Resolve(_parser.Method, _parser.PathIn(data));
        _option = _parser.Connection;
        if (!_parser.HasBody)
        {
            return TryAnswer() ? Next(consumed) : Step.Flush;
        }

        bool waitsForContinue = _parser.ExpectContinue && consumed == data.Length;
        if (waitsForContinue && _route.Status != HttpStatus.Ok)
        {
            // The body is not wanted. Whether it comes all the same is open, so nobody can say where a next request begins.
            _option = ConnectionOption.Close;
            return TryAnswer() ? Next(consumed) : Step.Flush;
        }

        if ((waitsForContinue && !TryWrite(HttpResponseWriter.Continue)) || (EchoesAsItComes && !TryWriteHead(_parser.ContentLength, default)))
        {
            return Step.Flush;
        }

        _start += consumed;
        _body.Begin(_parser);
        _isInBody = true;
        return null;
    }

    /// <summary>Null when the body has ended and the request is answered, or when it goes on with the next call.</summary>
    private Step? ProcessBody(ReadOnlySpan<byte> data)
    {
        if (EchoesAsItComes && data.Length > Room.Length)
        {
            if (Room.IsEmpty)
            {
                return Step.Flush;
            }

            data = data[..Room.Length];
        }

        BodyStatus status = _body.Read(data, out int consumed, out Range content);
        if (status == BodyStatus.Error)
        {
            return Refuse(_body.Error);
        }

        Keep(data[content]);
        _start += consumed;
        if (status == BodyStatus.Done)
        {
            // Where there is no room for the answer, the body reader will say again that it is done.
            return EchoesAsItComes || TryAnswer() ? FinishBody() : Step.Flush;
        }

        return _start == _end ? Step.Receive : null;
    }

    private Step? FinishBody()
    {
        _isInBody = false;
        _collected = _collecting;
        _collecting = null;
        Step? next = Next(consumed: 0);
        return next is null && _collected is not null ? Step.Flush : next;
    }

    private void Keep(ReadOnlySpan<byte> content)
    {
        if (content.IsEmpty || _route.Action != RouteAction.Echo)
        {
            return;
        }

        if (EchoesAsItComes)
        {
            TryWrite(content);
        }
        else
        {
            (_collecting ??= new ArrayBufferWriter<byte>()).Write(content);
        }
    }

    private Step? Next(int consumed)
    {
        _start += consumed;
        return _option == ConnectionOption.Close ? Step.End : null;
    }

    /// <summary>Answers a request that was not understood, or did not come in time; the connection ends with it.</summary>
    private Step Refuse(HttpError error)
    {
        _output ??= shard.Buffers.Rent();
        if (!HttpResponseWriter.TryWriteError(Room, error, _parser.Method, shard.Date, out int written))
        {
            // Asked again, the parser and the body reader repeat their verdict.
            return Step.Flush;
        }

        _written += written;
        shard.CountRequest();
        return Step.End;
    }

    private bool TryAnswer() => _route.Action == RouteAction.Echo
        ? TryWriteHead(_collecting?.WrittenCount ?? 0, default)
        : TryWriteHead(_route.Body.Length, _parser.Method == RequestMethod.Head ? default : _route.Body);

    private bool TryWriteHead(long contentLength, ReadOnlySpan<byte> body)
    {
        if (shard.IsDraining)
        {
            // Perhaps only since the body began to come in.
            _option = ConnectionOption.Close;
        }

        if (!HttpResponseWriter.TryWrite(Room, _route.Head(contentLength, _option), body, shard.Date, out int written))
        {
            return false;
        }

        _written += written;
        shard.CountRequest();
        return true;
    }

    private bool TryWrite(ReadOnlySpan<byte> bytes)
    {
        if (!bytes.TryCopyTo(Room))
        {
            return false;
        }

        _written += bytes.Length;
        return true;
    }
}
