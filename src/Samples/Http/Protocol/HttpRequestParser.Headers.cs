namespace Reactor.Samples.Http;

internal sealed partial class HttpRequestParser
{
    private int _headersStart;
    private int _headerCount;
    private int _valueStart;
    private KnownHeader _header;

    private void ResetHeaders()
    {
        _headersStart = 0;
        _headerCount = 0;
        _valueStart = 0;
        _header = KnownHeader.Other;
        _hostSeen = false;
        _lengthSeen = false;
        _closeAsked = false;
        _keepAliveAsked = false;
        _continueExpected = false;
    }

    private ParseStatus ParseHeaders(ReadOnlySpan<byte> data)
    {
        ParseStatus status;
        while (true)
        {
            switch (_stage)
            {
                case Stage.HeaderStart:
                    if (_position == data.Length)
                    {
                        return ParseStatus.NeedMore;
                    }
                    if (data[_position] == HttpBytes.CarriageReturn)
                    {
                        return ParseEnd(data);
                    }
                    if ((status = BeginHeader(data[_position])) != ParseStatus.Complete)
                    {
                        return status;
                    }
                    goto case Stage.HeaderName;
                case Stage.HeaderName:
                    if ((status = ParseName(data)) != ParseStatus.Complete)
                    {
                        return status;
                    }
                    goto default;
                default:
                    if ((status = ParseValue(data)) != ParseStatus.Complete)
                    {
                        return status;
                    }
                    break;
            }
        }
    }

    private ParseStatus BeginHeader(byte first)
    {
        // Folding was taken out of the grammar, RFC 9112 §5.2, because two servers never read it alike.
        if (first is HttpBytes.Space or HttpBytes.Tab)
        {
            return Fail(HttpError.FoldedHeader);
        }
        if (++_headerCount > _limits.MaxHeaders)
        {
            return Fail(HttpError.TooManyHeaders);
        }
        Begin(Stage.HeaderName, _position);
        return ParseStatus.Complete;
    }

    private ParseStatus ParseName(ReadOnlySpan<byte> data)
    {
        int run = data[_position..].IndexOfAnyExcept(HttpBytes.Token);
        int end = run < 0 ? data.Length : _position + run;
        if (IsTooLong(end))
        {
            return Fail(HttpError.HeadersTooLarge);
        }
        _position = end;
        if (run < 0)
        {
            return ParseStatus.NeedMore;
        }
        if (end == _start || data[end] != (byte)':')
        {
            return Fail(HttpError.MalformedHeaderName);
        }
        _header = KnownHeaders.Identify(data[_start..end]);
        _valueStart = end + 1;
        _position = _valueStart;
        _stage = Stage.HeaderValue;
        return ParseStatus.Complete;
    }

    private ParseStatus ParseValue(ReadOnlySpan<byte> data)
    {
        int run = data[_position..].IndexOfAny(HttpBytes.ValueEnd);
        int end = run < 0 ? data.Length : _position + run;
        if (IsTooLong(end))
        {
            return Fail(HttpError.HeadersTooLarge);
        }
        _position = end;
        if (run < 0)
        {
            return ParseStatus.NeedMore;
        }
        if (data[end] != HttpBytes.CarriageReturn)
        {
            return Fail(data[end] == HttpBytes.LineFeed ? HttpError.BareLineFeed : HttpError.ControlByteInHeader);
        }
        if (data.Length == end + 1)
        {
            return ParseStatus.NeedMore;
        }
        if (data[end + 1] != HttpBytes.LineFeed)
        {
            return Fail(HttpError.BareCarriageReturn);
        }
        HttpError error = _header == KnownHeader.Other ? HttpError.None : Apply(data, end);
        if (error != HttpError.None)
        {
            return Fail(error);
        }
        Begin(Stage.HeaderStart, end + 2);
        return ParseStatus.Complete;
    }

    private ParseStatus ParseEnd(ReadOnlySpan<byte> data)
    {
        if (data.Length == _position + 1)
        {
            return ParseStatus.NeedMore;
        }
        if (data[_position + 1] != HttpBytes.LineFeed)
        {
            return Fail(HttpError.BareCarriageReturn);
        }
        if (!_hostSeen && !IsHttp10)
        {
            return Fail(HttpError.MissingHost);
        }
        _position += 2;
        return ParseStatus.Complete;
    }

    private bool IsTooLong(int end) =>
        end - _start > _limits.MaxHeaderLineBytes || end - _headersStart > _limits.MaxHeaderBytes;
}
