namespace Reactor.Samples.Http;

/// <summary>
/// The Server and Date lines of every response, made once a second instead of once a response. Its owner, one shard,
/// calls <see cref="Update"/> from a timer; nobody else may touch it.
/// </summary>
internal sealed class HttpDate
{
    /// <summary>An RFC 1123 date such as <c>Sun, 06 Nov 1994 08:49:37 GMT</c> always has this length.</summary>
    public const int ValueLength = 29;

    private readonly byte[] _lines;
    private readonly int _valueStart;

    public HttpDate(DateTimeOffset now)
    {
        ReadOnlySpan<byte> prefix = "Server: Reactor\r\nDate: "u8;
        _valueStart = prefix.Length;
        _lines = [.. prefix, .. new byte[ValueLength], .. "\r\n"u8];
        Update(now);
    }

    /// <summary>The date alone.</summary>
    public ReadOnlySpan<byte> Value => _lines.AsSpan(_valueStart, ValueLength);

    /// <summary>Both header lines, with their CRLFs.</summary>
    public ReadOnlySpan<byte> Lines => _lines;

    /// <summary>Sets the date; allocates nothing.</summary>
    public void Update(DateTimeOffset now) =>
        now.TryFormat(_lines.AsSpan(_valueStart, ValueLength), out _, "R", System.Globalization.CultureInfo.InvariantCulture);
}
