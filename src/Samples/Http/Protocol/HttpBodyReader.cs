namespace Reactor.Samples.Http;

/// <summary>
/// Finds the content of a request body, counted or chunked, in bytes that arrive in any pieces. Content is handed out as
/// ranges of the input, so nothing is copied and a body may be larger than any buffer. One instance serves a connection.
/// </summary>
internal sealed partial class HttpBodyReader
{
    private readonly HttpLimits _limits;

    private Stage _stage = Stage.Done;

    /// <summary>Bytes that are still to come of the counted body or of the chunk.</summary>
    private long _remaining;

    public HttpBodyReader(HttpLimits limits) => _limits = limits;

    private enum Stage : byte
    {
        Counted,
        ChunkSize,
        ChunkSizeSpace,
        ExtensionStart,
        Extension,
        ChunkSizeLineFeed,
        ChunkData,
        ChunkDataCarriageReturn,
        ChunkDataLineFeed,
        TrailerStart,
        TrailerName,
        TrailerValue,
        TrailerLineFeed,
        LastLineFeed,
        Done,
        Failed,
    }

    /// <summary>Why <see cref="Read"/> answered <see cref="BodyStatus.Error"/>.</summary>
    public HttpError Error { get; private set; }

    /// <summary>Prepares for the body of a request whose head is complete; without one, the first read says Done.</summary>
    public void Begin(HttpRequestParser request)
    {
        Error = HttpError.None;
        if (request.IsChunked)
        {
            BeginChunked();
        }
        else
        {
            _remaining = request.ContentLength;
            _stage = Stage.Counted;
        }
    }

    /// <summary>Reads on.</summary>
    /// <param name="input">Bytes that no call has consumed yet.</param>
    /// <param name="consumed">How many of them are done with: framing and the content of this call.</param>
    /// <param name="content">The part of the input that is content; empty when this call came upon none.</param>
    public BodyStatus Read(ReadOnlySpan<byte> input, out int consumed, out Range content)
    {
        consumed = 0;
        content = default;
        switch (_stage)
        {
            case Stage.Done:
                return BodyStatus.Done;
            case Stage.Failed:
                return BodyStatus.Error;
            case Stage.Counted:
                consumed = (int)Math.Min(_remaining, input.Length);
                content = ..consumed;
                _remaining -= consumed;
                _stage = _remaining == 0 ? Stage.Done : Stage.Counted;
                return _remaining == 0 ? BodyStatus.Done : BodyStatus.NeedMore;
            default:
                return ReadChunked(input, out consumed, out content);
        }
    }

    private BodyStatus Fail(HttpError error)
    {
        _stage = Stage.Failed;
        Error = error;
        return BodyStatus.Error;
    }
}
