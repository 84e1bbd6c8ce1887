using System.Text;

namespace Reactor.Samples.Http;

internal sealed partial class HttpRequestParser
{
    private bool _hostSeen;
    private bool _lengthSeen;
    private bool _closeAsked;
    private bool _keepAliveAsked;
    private bool _continueExpected;

    /// <summary>Takes the meaning of a header that the parser knows. Its value is in [_valueStart, end).</summary>
    private HttpError Apply(ReadOnlySpan<byte> data, int end)
    {
        int start = _valueStart;
        HttpBytes.Trim(data, ref start, ref end);
        ReadOnlySpan<byte> value = data[start..end];
        switch (_header)
        {
            case KnownHeader.Host:
                return ApplyHost(value, start);
            case KnownHeader.Connection:
                return ApplyConnection(value);
            case KnownHeader.ContentLength:
                return ApplyContentLength(value);
            case KnownHeader.TransferEncoding:
                return ApplyTransferEncoding(value);
            default:
                return ApplyExpect(value);
        }
    }

    private HttpError ApplyHost(ReadOnlySpan<byte> value, int start)
    {
        if (_hostSeen)
        {
            return HttpError.DuplicateHost;
        }
        if (!Authority.IsValid(value))
        {
            return HttpError.MalformedHost;
        }
        _hostSeen = true;
        if (!_targetHasAuthority)
        {
            _authorityStart = start;
            _authorityEnd = start + value.Length;
        }
        return HttpError.None;
    }

    // Several lines are one list. Close wins over keep-alive; options of others, such as upgrade, are none of ours.
    private HttpError ApplyConnection(ReadOnlySpan<byte> list)
    {
        bool more;
        do
        {
            more = HttpBytes.TakeElement(ref list, out ReadOnlySpan<byte> option);
            if (option.ContainsAnyExcept(HttpBytes.Token))
            {
                return HttpError.MalformedConnection;
            }
            _closeAsked |= Ascii.EqualsIgnoreCase(option, "close"u8);
            _keepAliveAsked |= Ascii.EqualsIgnoreCase(option, "keep-alive"u8);
        }
        while (more);
        return HttpError.None;
    }

    // RFC 9112 §6.3 would let equal duplicates pass; whoever sends them is broken or means harm.
    private HttpError ApplyContentLength(ReadOnlySpan<byte> digits)
    {
        if (_lengthSeen)
        {
            return HttpError.DuplicateContentLength;
        }
        if (IsChunked)
        {
            return HttpError.ContentLengthWithTransferEncoding;
        }
        if (!TryReadDecimal(digits, out long length))
        {
            return HttpError.MalformedContentLength;
        }
        if (length > _limits.MaxBodyBytes)
        {
            return HttpError.BodyTooLarge;
        }
        _lengthSeen = true;
        ContentLength = length;
        return HttpError.None;
    }

    private HttpError ApplyTransferEncoding(ReadOnlySpan<byte> list)
    {
        if (IsHttp10)
        {
            return HttpError.TransferEncodingInHttp10;
        }
        if (_lengthSeen)
        {
            return HttpError.ContentLengthWithTransferEncoding;
        }
        bool more;
        do
        {
            more = HttpBytes.TakeElement(ref list, out ReadOnlySpan<byte> coding);
            if (IsChunked)
            {
                // chunked must be the last coding, and once.
                return HttpError.MalformedTransferEncoding;
            }
            IsChunked = Ascii.EqualsIgnoreCase(coding, "chunked"u8);
            if (!IsChunked)
            {
                return RefuseCoding(coding);
            }
        }
        while (more);
        return HttpError.None;
    }

    // A coding may have parameters behind a ';', but chunked has none.
    private static HttpError RefuseCoding(ReadOnlySpan<byte> coding)
    {
        int end = coding.IndexOf((byte)';');
        int start = 0;
        end = end < 0 ? coding.Length : end;
        HttpBytes.Trim(coding, ref start, ref end);
        ReadOnlySpan<byte> name = coding[start..end];
        return name.IsEmpty || name.ContainsAnyExcept(HttpBytes.Token) || Ascii.EqualsIgnoreCase(name, "chunked"u8)
            ? HttpError.MalformedTransferEncoding
            : HttpError.UnknownTransferCoding;
    }

    private HttpError ApplyExpect(ReadOnlySpan<byte> value)
    {
        // RFC 9110 §10.1.1: an HTTP/1.0 client cannot mean it, it would not understand the interim response.
        if (IsHttp10)
        {
            return HttpError.None;
        }
        _continueExpected = Ascii.EqualsIgnoreCase(value, "100-continue"u8);
        return _continueExpected ? HttpError.None : HttpError.ExpectationFailed;
    }

    private static bool TryReadDecimal(ReadOnlySpan<byte> digits, out long value)
    {
        value = 0;
        foreach (byte digit in digits)
        {
            if (digit is < (byte)'0' or > (byte)'9')
            {
                return false;
            }
            int units = digit - '0';
            if (value > (long.MaxValue - units) / 10)
            {
                return false;
            }
            value = value * 10 + units;
        }
        return !digits.IsEmpty;
    }
}
