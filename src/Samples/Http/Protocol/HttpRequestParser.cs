namespace Reactor.Samples.Http;

/// <summary>
/// Reads the head of a request from bytes that arrive in any pieces. One instance serves a connection and is used again
/// for each request. It allocates nothing and throws nothing, whatever the bytes are.
/// </summary>
/// <remarks>
/// <para>
/// The head is scanned once, from left to right, by stages that each look for the end of one token with a vectorised
/// search; a stage that runs out of bytes remembers where it stood. Whole heads and single bytes go through the same
/// code, and the first fault from the left decides, so the verdict cannot depend on how the bytes were cut.
/// </para>
/// <para>
/// The caller keeps the bytes of an unfinished head at the front of its buffer: each call brings those of the call before
/// and new ones behind them. A buffer of <see cref="HttpLimits.MaxHeadBytes"/> is enough for a verdict.
/// </para>
/// </remarks>
internal sealed partial class HttpRequestParser
{
    private readonly HttpLimits _limits;

    private Stage _stage;

    /// <summary>Everything before it has been looked at and is good.</summary>
    private int _position;

    /// <summary>Where the method, the target, the version or the header line that is being read begins.</summary>
    private int _start;

    public HttpRequestParser(HttpLimits limits)
    {
        _limits = limits;
        Reset();
    }

    /// <summary>Where in the head the scan stands; the order is the order of the head.</summary>
    private enum Stage : byte
    {
        Start,
        Method,
        Target,
        Version,
        HeaderStart,
        HeaderName,
        HeaderValue,
        Complete,
        Failed,
    }

    /// <summary>Why <see cref="Parse"/> answered <see cref="ParseStatus.Error"/>.</summary>
    public HttpError Error { get; private set; }

    /// <summary>The method; already known in most errors, so that the answer to HEAD can go without a body.</summary>
    public RequestMethod Method { get; private set; }

    /// <summary>Whether the client speaks HTTP/1.0. Every other HTTP/1.x is treated as 1.1.</summary>
    public bool IsHttp10 { get; private set; }

    /// <summary>Whether the connection may carry another request after this one.</summary>
    public bool KeepAlive => !_closeAsked && (!IsHttp10 || _keepAliveAsked);

    /// <summary>What the response has to say about the connection.</summary>
    public ConnectionOption Connection =>
        !KeepAlive ? ConnectionOption.Close : IsHttp10 ? ConnectionOption.KeepAlive : ConnectionOption.None;

    /// <summary>The announced length of the body; 0 without one and for a chunked one.</summary>
    public long ContentLength { get; private set; }

    /// <summary>Whether the body comes in chunks.</summary>
    public bool IsChunked { get; private set; }

    /// <summary>Whether bytes of a body follow the head.</summary>
    public bool HasBody => IsChunked || ContentLength > 0;

    /// <summary>Whether the client waits for <see cref="HttpResponseWriter.Continue"/> before it sends the body.</summary>
    public bool ExpectContinue => _continueExpected && HasBody;

    /// <summary>Reads on. After a complete head the next call begins a new one.</summary>
    /// <param name="data">The bytes received and not consumed, from the first byte of the head.</param>
    /// <param name="consumed">The length of the head when it is complete, else 0.</param>
    /// <remarks>The hot path: a usual request is some ten short searches, with no allocation and no indirect call.</remarks>
    public ParseStatus Parse(ReadOnlySpan<byte> data, out int consumed)
    {
        consumed = 0;
        if (_stage == Stage.Failed)
        {
            return ParseStatus.Error;
        }
        if (_stage == Stage.Complete)
        {
            Reset();
        }
        // A caller that brings fewer bytes than before has lost some; there is nothing in them to look at.
        if (data.Length < _position)
        {
            return ParseStatus.NeedMore;
        }

        ParseStatus status = ParseStatus.Complete;
        if (_stage < Stage.HeaderStart)
        {
            status = ParseRequestLine(data);
        }
        if (status == ParseStatus.Complete)
        {
            status = ParseHeaders(data);
        }
        if (status == ParseStatus.Complete)
        {
            _stage = Stage.Complete;
            consumed = _position;
        }
        return status;
    }

    /// <summary>Forgets everything, for a new connection.</summary>
    public void Reset()
    {
        _stage = Stage.Start;
        _position = 0;
        _start = 0;
        Error = HttpError.None;
        Method = RequestMethod.Unknown;
        IsHttp10 = false;
        ContentLength = 0;
        IsChunked = false;
        ResetTarget();
        ResetHeaders();
    }

    private ParseStatus Fail(HttpError error)
    {
        _stage = Stage.Failed;
        Error = error;
        return ParseStatus.Error;
    }
}
