using System.Buffers.Text;
using System.Runtime.CompilerServices;

namespace Reactor.Samples.Http;

/// <summary>
/// Writes responses into the caller's memory. A response is written whole or not at all: false means that it needs more
/// room, and then nothing is counted as written.
/// </summary>
internal static class HttpResponseWriter
{
    /// <summary>The interim response that a client waits for when <see cref="HttpRequestParser.ExpectContinue"/>.</summary>
    public static ReadOnlySpan<byte> Continue => "HTTP/1.1 100 Continue\r\n\r\n"u8;

    public static ReadOnlySpan<byte> TextPlain => "text/plain"u8;

    private const int MaxLengthDigits = 20;

    private static ReadOnlySpan<byte> ContentTypeName => "Content-Type: "u8;

    private static ReadOnlySpan<byte> ContentLengthName => "Content-Length: "u8;

    private static ReadOnlySpan<byte> AllowName => "Allow: "u8;

    private static ReadOnlySpan<byte> NewLine => "\r\n"u8;

    /// <summary>Writes a head and, behind it, what is at hand of the body; the rest of its Content-Length is the caller's to send.</summary>
    /// <param name="destination">Where to.</param>
    /// <param name="head">What varies in the head.</param>
    /// <param name="body">The body or its beginning; empty for HEAD.</param>
    /// <param name="date">The shard's date.</param>
    /// <param name="written">The length of the response, or 0.</param>
    /// <remarks>The hot path: one size check, then copies of constant lengths.</remarks>
    public static bool TryWrite(Span<byte> destination, in ResponseHead head, ReadOnlySpan<byte> body, HttpDate date, out int written)
    {
        Span<byte> digits = stackalloc byte[MaxLengthDigits];
        Utf8Formatter.TryFormat(head.ContentLength, digits, out int digitCount);

        ReadOnlySpan<byte> status = HttpStatusLines.Get(head.Status);
        ReadOnlySpan<byte> connection = ConnectionLine(head.Connection);
        int size = status.Length + date.Lines.Length + ContentLengthName.Length + digitCount + NewLine.Length +
            LineLength(ContentTypeName, head.ContentType) + LineLength(AllowName, head.Allow) +
            connection.Length + NewLine.Length + body.Length;
        if (destination.Length < size)
        {
            written = 0;
            return false;
        }

        Span<byte> rest = destination;
        Append(ref rest, status);
        Append(ref rest, date.Lines);
        AppendLine(ref rest, ContentTypeName, head.ContentType);
        AppendLine(ref rest, ContentLengthName, digits[..digitCount]);
        AppendLine(ref rest, AllowName, head.Allow);
        Append(ref rest, connection);
        Append(ref rest, NewLine);
        Append(ref rest, body);
        written = size;
        return true;
    }

    /// <summary>Writes the answer to a request that was refused. The connection ends with it.</summary>
    /// <param name="destination">Where to.</param>
    /// <param name="error">Why.</param>
    /// <param name="method">The method as far as it is known: the answer to HEAD goes without its body.</param>
    /// <param name="date">The shard's date.</param>
    /// <param name="written">The length of the response, or 0.</param>
    public static bool TryWriteError(Span<byte> destination, HttpError error, RequestMethod method, HttpDate date, out int written)
    {
        ReadOnlySpan<byte> text = HttpErrors.Text(error);
        var head = new ResponseHead
        {
            Status = HttpErrors.Status(error),
            ContentType = TextPlain,
            ContentLength = text.Length,
            Connection = ConnectionOption.Close,
        };
        return TryWrite(destination, head, method == RequestMethod.Head ? default : text, date, out written);
    }

    private static ReadOnlySpan<byte> ConnectionLine(ConnectionOption option) => option switch
    {
        ConnectionOption.Close => "Connection: close\r\n"u8,
        ConnectionOption.KeepAlive => "Connection: keep-alive\r\n"u8,
        _ => default,
    };

    private static int LineLength(ReadOnlySpan<byte> name, ReadOnlySpan<byte> value) =>
        value.IsEmpty ? 0 : name.Length + value.Length + NewLine.Length;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void AppendLine(ref Span<byte> rest, ReadOnlySpan<byte> name, scoped ReadOnlySpan<byte> value)
    {
        if (!value.IsEmpty)
        {
            Append(ref rest, name);
            Append(ref rest, value);
            Append(ref rest, NewLine);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Append(ref Span<byte> rest, scoped ReadOnlySpan<byte> bytes)
    {
        bytes.CopyTo(rest);
        rest = rest[bytes.Length..];
    }
}
