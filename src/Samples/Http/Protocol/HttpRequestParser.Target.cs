using System.Text;

namespace Reactor.Samples.Http;

internal sealed partial class HttpRequestParser
{
    private int _targetStart;
    private int _targetEnd;

    /// <summary>Index of the '?' in the head, or -1.</summary>
    private int _question;

    private int _pathStart;
    private int _pathEnd;
    private int _authorityStart;
    private int _authorityEnd;

    /// <summary>Whether the authority came with the target; Host has no say then, RFC 9112 §3.2.2.</summary>
    private bool _targetHasAuthority;

    /// <summary>
    /// The path, still percent-encoded and without the query; <c>*</c> for a request about the server itself.
    /// Valid until the next <see cref="Parse"/>.
    /// </summary>
    /// <param name="head">The bytes that were parsed.</param>
    public ReadOnlySpan<byte> PathIn(ReadOnlySpan<byte> head)
    {
        if (_pathEnd > _pathStart)
        {
            return head[_pathStart.._pathEnd];
        }
        // http://host without a path: RFC 9112 §3.2.4 reads it as * for OPTIONS, RFC 9110 §4.2.3 as / for the others.
        return Method == RequestMethod.Options && _question < 0 ? "*"u8 : "/"u8;
    }

    /// <summary>What stands behind the '?', still percent-encoded; empty without one.</summary>
    /// <param name="head">The bytes that were parsed.</param>
    public ReadOnlySpan<byte> QueryIn(ReadOnlySpan<byte> head) => _question < 0 ? default : head[(_question + 1).._targetEnd];

    /// <summary>The host and port asked for: the target's if it has one, else those of Host; empty in HTTP/1.0 without either.</summary>
    /// <param name="head">The bytes that were parsed.</param>
    public ReadOnlySpan<byte> AuthorityIn(ReadOnlySpan<byte> head) => head[_authorityStart.._authorityEnd];

    private void ResetTarget()
    {
        _targetStart = _targetEnd = 0;
        _question = -1;
        _pathStart = _pathEnd = 0;
        _authorityStart = _authorityEnd = 0;
        _targetHasAuthority = false;
    }

    /// <summary>Decides which of the four forms of RFC 9112 §3.2 the target has, and whether the method may have it.</summary>
    private bool ResolveTarget(ReadOnlySpan<byte> data)
    {
        int end = _question < 0 ? _targetEnd : _question;
        if (Method == RequestMethod.Connect)
        {
            return _question < 0 && ResolveAuthorityForm(data);
        }
        switch (data[_targetStart])
        {
            case (byte)'/':
                _pathStart = _targetStart;
                _pathEnd = end;
                return true;
            case (byte)'*':
                _pathStart = _targetStart;
                _pathEnd = _targetEnd;
                return Method == RequestMethod.Options && _targetEnd - _targetStart == 1;
            default:
                return ResolveAbsoluteForm(data, end);
        }
    }

    // A tunnel is never opened, and what the client sends after asking for one is not HTTP.
    private bool ResolveAuthorityForm(ReadOnlySpan<byte> data)
    {
        _closeAsked = true;
        SetTargetAuthority(_targetStart, _targetEnd);
        _pathStart = _targetStart;
        _pathEnd = _targetEnd;
        return Authority.IsValid(data[_targetStart.._targetEnd], needsPort: true);
    }

    private bool ResolveAbsoluteForm(ReadOnlySpan<byte> data, int end)
    {
        ReadOnlySpan<byte> scheme = "http://"u8;
        ReadOnlySpan<byte> target = data[_targetStart..end];
        if (target.Length <= scheme.Length || !Ascii.EqualsIgnoreCase(target[..scheme.Length], scheme))
        {
            return false;
        }
        int authority = _targetStart + scheme.Length;
        int slash = data[authority..end].IndexOf((byte)'/');
        _pathStart = slash < 0 ? end : authority + slash;
        _pathEnd = end;
        SetTargetAuthority(authority, _pathStart);
        return Authority.IsValid(data[authority.._pathStart]);
    }

    private void SetTargetAuthority(int start, int end)
    {
        _authorityStart = start;
        _authorityEnd = end;
        _targetHasAuthority = true;
    }
}
