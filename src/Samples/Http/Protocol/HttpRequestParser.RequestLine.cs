namespace Reactor.Samples.Http;

internal sealed partial class HttpRequestParser
{
    private ParseStatus ParseRequestLine(ReadOnlySpan<byte> data)
    {
        ParseStatus status;
        switch (_stage)
        {
            case Stage.Start:
                if ((status = SkipEmptyLine(data)) != ParseStatus.Complete)
                {
                    return status;
                }
                goto case Stage.Method;
            case Stage.Method:
                if ((status = ParseMethod(data)) != ParseStatus.Complete)
                {
                    return status;
                }
                goto case Stage.Target;
            case Stage.Target:
                if ((status = ParseTarget(data)) != ParseStatus.Complete)
                {
                    return status;
                }
                goto default;
            default:
                return ParseVersion(data);
        }
    }

    // RFC 9112 §2.2: some clients send a CRLF too many after a body. One is forgiven; a second is no method.
    private ParseStatus SkipEmptyLine(ReadOnlySpan<byte> data)
    {
        if (data.IsEmpty)
        {
            return ParseStatus.NeedMore;
        }
        if (data[0] == HttpBytes.CarriageReturn)
        {
            if (data.Length == 1)
            {
                return ParseStatus.NeedMore;
            }
            if (data[1] != HttpBytes.LineFeed)
            {
                return Fail(HttpError.BareCarriageReturn);
            }
            _position = 2;
        }
        Begin(Stage.Method, _position);
        return ParseStatus.Complete;
    }

    private ParseStatus ParseMethod(ReadOnlySpan<byte> data)
    {
        int run = data[_position..].IndexOfAnyExcept(HttpBytes.Token);
        int end = run < 0 ? data.Length : _position + run;
        int length = end - _start;
        if (length > _limits.MaxMethodBytes)
        {
            return Fail(HttpError.MethodTooLong);
        }
        _position = end;
        if (run < 0)
        {
            return ParseStatus.NeedMore;
        }
        if (length == 0 || data[end] != HttpBytes.Space)
        {
            return Fail(HttpError.MalformedRequestLine);
        }
        Method = RequestMethods.Identify(data.Slice(_start, length));
        Begin(Stage.Target, end + 1);
        return ParseStatus.Complete;
    }

    private ParseStatus ParseTarget(ReadOnlySpan<byte> data)
    {
        while (true)
        {
            int run = data[_position..].IndexOfAnyExcept(_question < 0 ? HttpBytes.Path : HttpBytes.Query);
            int end = run < 0 ? data.Length : _position + run;
            if (end - _start > _limits.MaxTargetBytes)
            {
                return Fail(HttpError.TargetTooLong);
            }
            _position = end;
            if (run < 0)
            {
                return ParseStatus.NeedMore;
            }
            switch (data[end])
            {
                case HttpBytes.Space when end > _start:
                    _targetStart = _start;
                    _targetEnd = end;
                    Begin(Stage.Version, end + 1);
                    return ParseStatus.Complete;
                case (byte)'?':
                    _question = end;
                    _position = end + 1;
                    break;
                case (byte)'%':
                    if (IsOtherThanHex(data, end + 1) || IsOtherThanHex(data, end + 2))
                    {
                        return Fail(HttpError.MalformedTarget);
                    }
                    if (data.Length < end + 3)
                    {
                        return ParseStatus.NeedMore;
                    }
                    _position = end + 3;
                    break;
                // Two spaces, a tab, or no version at all.
                case HttpBytes.Space or HttpBytes.Tab or HttpBytes.CarriageReturn or HttpBytes.LineFeed:
                    return Fail(HttpError.MalformedRequestLine);
                default:
                    return Fail(HttpError.MalformedTarget);
            }
        }
    }

    private static bool IsOtherThanHex(ReadOnlySpan<byte> data, int index) =>
        index < data.Length && HttpBytes.HexValue(data[index]) < 0;

    private ParseStatus ParseVersion(ReadOnlySpan<byte> data)
    {
        ReadOnlySpan<byte> rest = data[_position..];
        if (!rest.StartsWith("HTTP/1.1\r\n"u8))
        {
            ParseStatus status = ParseOtherVersion(rest);
            if (status != ParseStatus.Complete)
            {
                return status;
            }
        }
        if (!ResolveTarget(data))
        {
            return Fail(HttpError.MalformedTarget);
        }
        _headersStart = _position + "HTTP/1.1\r\n"u8.Length;
        Begin(Stage.HeaderStart, _headersStart);
        return ParseStatus.Complete;
    }

    // The ten bytes are looked at again from the first when they come singly; _position stays in front of them.
    private ParseStatus ParseOtherVersion(ReadOnlySpan<byte> rest)
    {
        for (int i = 0; i < 10; i++)
        {
            if (i == rest.Length)
            {
                return ParseStatus.NeedMore;
            }
            bool good = i is 5 or 7 ? char.IsAsciiDigit((char)rest[i]) : rest[i] == "HTTP/1.1\r\n"u8[i];
            if (!good)
            {
                return Fail(HttpError.MalformedVersion);
            }
            if (i == 7 && rest[5] != (byte)'1')
            {
                return Fail(HttpError.VersionNotSupported);
            }
        }
        IsHttp10 = rest[7] == (byte)'0';
        return ParseStatus.Complete;
    }

    private void Begin(Stage stage, int start)
    {
        _stage = stage;
        _start = start;
        _position = start;
    }
}
