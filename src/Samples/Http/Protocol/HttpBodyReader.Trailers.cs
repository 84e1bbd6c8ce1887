namespace Reactor.Samples.Http;

/// <remarks>Trailers are read as strictly as headers and then forgotten: merging them would let a body change the head.</remarks>
internal sealed partial class HttpBodyReader
{
    private long _trailerBytes;

    private HttpError ReadTrailer(ReadOnlySpan<byte> input, ref int consumed) => _stage switch
    {
        Stage.TrailerStart => ReadTrailerStart(input[consumed], ref consumed),
        Stage.TrailerName => ReadTrailerName(input, ref consumed),
        Stage.TrailerValue => ReadTrailerValue(input, ref consumed),
        Stage.TrailerLineFeed => ExpectLineFeed(input[consumed++], Stage.TrailerStart),
        _ => ExpectLineFeed(input[consumed++], Stage.Done),
    };

    private HttpError ReadTrailerStart(byte value, ref int consumed)
    {
        if (value == HttpBytes.CarriageReturn)
        {
            consumed++;
            _stage = Stage.LastLineFeed;
            return HttpError.None;
        }
        _stage = Stage.TrailerName;
        // An empty name and a folded line end here too: neither ':' nor white space begins a name.
        return HttpBytes.Token.Contains(value) ? HttpError.None : HttpError.MalformedTrailer;
    }

    private HttpError ReadTrailerName(ReadOnlySpan<byte> input, ref int consumed)
    {
        int run = input[consumed..].IndexOfAnyExcept(HttpBytes.Token);
        HttpError error = CountTrailer(input.Length, run, ref consumed);
        if (error != HttpError.None || run < 0)
        {
            return error;
        }
        _stage = Stage.TrailerValue;
        return input[consumed] == (byte)':' ? HttpError.None : HttpError.MalformedTrailer;
    }

    private HttpError ReadTrailerValue(ReadOnlySpan<byte> input, ref int consumed)
    {
        int run = input[consumed..].IndexOfAny(HttpBytes.ValueEnd);
        HttpError error = CountTrailer(input.Length, run, ref consumed);
        if (error != HttpError.None || run < 0)
        {
            return error;
        }
        _stage = Stage.TrailerLineFeed;
        return input[consumed++] == HttpBytes.CarriageReturn ? HttpError.None : HttpError.MalformedTrailer;
    }

    private HttpError CountTrailer(int inputLength, int run, ref int consumed)
    {
        int bytes = run < 0 ? inputLength - consumed : run;
        consumed += bytes;
        _trailerBytes += bytes;
        return _trailerBytes > _limits.MaxTrailerBytes ? HttpError.TrailersTooLarge : HttpError.None;
    }

    private HttpError ExpectLineFeed(byte value, Stage next)
    {
        _stage = next;
        return value == HttpBytes.LineFeed ? HttpError.None : HttpError.MalformedTrailer;
    }
}
