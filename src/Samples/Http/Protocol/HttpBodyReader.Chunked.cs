namespace Reactor.Samples.Http;

internal sealed partial class HttpBodyReader
{
    /// <summary>More digits than any size needs; a bound, so that a peer cannot send zeros for ever.</summary>
    private const int MaxSizeDigits = 16;

    private int _sizeDigits;

    /// <summary>The sizes of all chunks so far.</summary>
    private long _total;

    private long _extensionBytes;

    private void BeginChunked()
    {
        _total = 0;
        _extensionBytes = 0;
        _trailerBytes = 0;
        BeginChunk();
    }

    private void BeginChunk()
    {
        _remaining = 0;
        _sizeDigits = 0;
        _stage = Stage.ChunkSize;
    }

    // Each step looks at input[consumed], or at a run that begins there, and moves on or fails.
    private BodyStatus ReadChunked(ReadOnlySpan<byte> input, out int consumed, out Range content)
    {
        consumed = 0;
        content = default;
        while (consumed < input.Length)
        {
            if (_stage == Stage.ChunkData)
            {
                int start = consumed;
                int take = (int)Math.Min(_remaining, input.Length - start);
                consumed += take;
                content = start..consumed;
                _remaining -= take;
                _stage = _remaining == 0 ? Stage.ChunkDataCarriageReturn : Stage.ChunkData;
                return BodyStatus.Content;
            }
            HttpError error = _stage switch
            {
                Stage.ChunkSize => ReadSize(input[consumed++]),
                Stage.ChunkSizeSpace => ReadSizeSpace(input[consumed++]),
                Stage.ExtensionStart => ReadExtensionStart(input[consumed++]),
                Stage.Extension => ReadExtension(input, ref consumed),
                Stage.ChunkSizeLineFeed => ReadSizeLineFeed(input[consumed++]),
                Stage.ChunkDataCarriageReturn => Expect(input[consumed++], HttpBytes.CarriageReturn, Stage.ChunkDataLineFeed),
                Stage.ChunkDataLineFeed => ReadDataLineFeed(input[consumed++]),
                _ => ReadTrailer(input, ref consumed),
            };
            if (error != HttpError.None)
            {
                return Fail(error);
            }
            if (_stage == Stage.Done)
            {
                return BodyStatus.Done;
            }
        }
        return BodyStatus.NeedMore;
    }

    private HttpError ReadSize(byte value)
    {
        int digit = HttpBytes.HexValue(value);
        if (digit >= 0)
        {
            if (++_sizeDigits > MaxSizeDigits || _remaining > long.MaxValue >> 4)
            {
                return HttpError.MalformedChunk;
            }
            _remaining = (_remaining << 4) | (uint)digit;
            return HttpError.None;
        }
        if (_sizeDigits == 0)
        {
            return HttpError.MalformedChunk;
        }
        if (_remaining > _limits.MaxBodyBytes - _total)
        {
            return HttpError.BodyTooLarge;
        }
        _total += _remaining;
        return EndSize(value);
    }

    private HttpError EndSize(byte value)
    {
        switch (value)
        {
            case HttpBytes.CarriageReturn:
                _stage = Stage.ChunkSizeLineFeed;
                return HttpError.None;
            case (byte)';':
                _stage = Stage.ExtensionStart;
                return CountExtension(1);
            case HttpBytes.Space or HttpBytes.Tab:
                _stage = Stage.ChunkSizeSpace;
                return CountExtension(1);
            default:
                return HttpError.MalformedChunk;
        }
    }

    // White space may stand between the size and an extension, RFC 9112 §7.1.1, but not between the size and the CRLF.
    private HttpError ReadSizeSpace(byte value) =>
        value == HttpBytes.CarriageReturn ? HttpError.MalformedChunk : EndSize(value);

    // Only the first byte of the first name is looked at: what follows is thrown away, and quotes cannot hide a CRLF.
    private HttpError ReadExtensionStart(byte value)
    {
        if (value is not (HttpBytes.Space or HttpBytes.Tab))
        {
            if (!HttpBytes.Token.Contains(value))
            {
                return HttpError.MalformedChunk;
            }
            _stage = Stage.Extension;
        }
        return CountExtension(1);
    }

    private HttpError ReadExtension(ReadOnlySpan<byte> input, ref int consumed)
    {
        int run = input[consumed..].IndexOfAny(HttpBytes.ValueEnd);
        int end = run < 0 ? input.Length : consumed + run;
        HttpError error = CountExtension(end - consumed);
        consumed = end;
        if (error != HttpError.None || run < 0)
        {
            return error;
        }
        return Expect(input[consumed++], HttpBytes.CarriageReturn, Stage.ChunkSizeLineFeed);
    }

    private HttpError CountExtension(int bytes)
    {
        _extensionBytes += bytes;
        return _extensionBytes > _limits.MaxChunkExtensionBytes ? HttpError.ChunkExtensionsTooLong : HttpError.None;
    }

    private HttpError ReadSizeLineFeed(byte value) =>
        Expect(value, HttpBytes.LineFeed, _remaining == 0 ? Stage.TrailerStart : Stage.ChunkData);

    private HttpError ReadDataLineFeed(byte value)
    {
        if (value != HttpBytes.LineFeed)
        {
            return HttpError.MalformedChunk;
        }
        BeginChunk();
        return HttpError.None;
    }

    private HttpError Expect(byte value, byte expected, Stage next)
    {
        _stage = next;
        return value == expected ? HttpError.None : HttpError.MalformedChunk;
    }
}
