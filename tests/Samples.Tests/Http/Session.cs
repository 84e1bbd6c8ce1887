using System.Text;
using Reactor.Samples.Http;

namespace Reactor.Samples.Tests.Http;

/// <summary>
/// A connection without a network: it feeds the parser and the body reader as the server's loop does, and checks at each
/// step that they keep within the bytes they were given.
/// </summary>
internal sealed class Session
{
    private readonly HttpRequestParser _parser;
    private readonly HttpBodyReader _reader;
    private readonly List<Exchange> _exchanges = [];
    private readonly StringBuilder _body = new();
    private byte[] _input = [];
    private int _consumed;
    private bool _inBody;
    private Exchange? _head;
    private Ending? _ending;
    private HttpError _error;

    public Session(HttpLimits? limits = null)
    {
        _parser = new HttpRequestParser(limits ?? HttpLimits.Default);
        _reader = new HttpBodyReader(limits ?? HttpLimits.Default);
    }

    /// <summary>The bytes arrive all at once.</summary>
    public Verdict Whole(byte[] input) => Cut(input);

    /// <summary>The bytes arrive one by one.</summary>
    public Verdict Single(byte[] input)
    {
        Start(input);
        for (int available = 1; available <= input.Length && _ending is null; available++)
        {
            Arrive(available);
        }
        return End();
    }

    /// <summary>The bytes arrive in pieces that end at the given places, which ascend.</summary>
    public Verdict Cut(byte[] input, params ReadOnlySpan<int> cuts)
    {
        Start(input);
        foreach (int cut in cuts)
        {
            Arrive(cut);
        }
        Arrive(input.Length);
        return End();
    }

    private void Start(byte[] input)
    {
        _parser.Reset();
        _exchanges.Clear();
        _input = input;
        _consumed = 0;
        _inBody = false;
        _ending = null;
        _error = HttpError.None;
    }

    private Verdict End()
    {
        Exchange? unfinished = _inBody ? _head! with { Body = _body.ToString() } : null;
        Ending ending = _ending ?? (_inBody || _consumed < _input.Length ? Ending.Incomplete : Ending.Idle);
        return new Verdict([.. _exchanges], unfinished, ending, _error);
    }

    private void Arrive(int available)
    {
        while (_ending is null && (_inBody ? ReadBody(available) : ReadHead(available)))
        {
        }
    }

    private bool ReadHead(int available)
    {
        ReadOnlySpan<byte> data = _input.AsSpan(_consumed, available - _consumed);
        ParseStatus status = _parser.Parse(data, out int consumed);
        switch (status)
        {
            case ParseStatus.NeedMore:
                Ensure(consumed == 0, "an unfinished head consumed bytes");
                return false;
            case ParseStatus.Error:
                Ensure(consumed == 0, "a refused head consumed bytes");
                Refuse(_parser.Error);
                return false;
            default:
                Ensure(consumed > 0 && consumed <= data.Length, "a head ended outside of its bytes");
                _head = Describe(data);
                _reader.Begin(_parser);
                _body.Clear();
                _inBody = true;
                _consumed += consumed;
                return true;
        }
    }

    private bool ReadBody(int available)
    {
        ReadOnlySpan<byte> data = _input.AsSpan(_consumed, available - _consumed);
        BodyStatus status = _reader.Read(data, out int consumed, out Range content);
        Ensure(consumed >= 0 && consumed <= data.Length, "a body ended outside of its bytes");
        (int offset, int length) = content.GetOffsetAndLength(data.Length);
        Ensure(offset + length <= consumed, "content was handed out and not consumed");
        _body.Append(Encoding.Latin1.GetString(data.Slice(offset, length)));
        _consumed += consumed;
        switch (status)
        {
            case BodyStatus.NeedMore:
                Ensure(consumed == data.Length, "a body asked for more and left bytes behind");
                return false;
            case BodyStatus.Content:
                Ensure(length > 0, "a run of content was empty");
                return true;
            case BodyStatus.Error:
                Refuse(_reader.Error);
                return false;
            default:
                _exchanges.Add(_head! with { Body = _body.ToString() });
                _inBody = false;
                _ending = _parser.KeepAlive ? null : Ending.Closed;
                return true;
        }
    }

    private Exchange Describe(ReadOnlySpan<byte> data) => new(
        _parser.Method.ToString(),
        Encoding.Latin1.GetString(_parser.PathIn(data)),
        Encoding.Latin1.GetString(_parser.QueryIn(data)),
        Encoding.Latin1.GetString(_parser.AuthorityIn(data)),
        _parser.IsHttp10,
        _parser.KeepAlive,
        _parser.ExpectContinue,
        "");

    private void Refuse(HttpError error)
    {
        Ensure(error != HttpError.None, "a request was refused without a reason");
        _ending = Ending.Refused;
        _error = error;
    }

    private static void Ensure(bool condition, string fault)
    {
        if (!condition)
        {
            Assert.Fail(fault);
        }
    }
}
