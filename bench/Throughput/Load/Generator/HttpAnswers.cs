using System.Buffers.Text;
using System.Text;

namespace Reactor.Bench.Throughput.Load.Generator;

/// <summary>
/// Answers of HTTP/1.1 with a Content-Length and a status of success. Of an answer whose head is in one piece, which is
/// nearly every one, only where the head ends and its length are looked at.
/// </summary>
internal sealed class HttpAnswers : AnswerReader
{
    private const int LongestHead = 16 * 1024;

    // The part of a head that has come, when the network has cut it.
    private readonly byte[] _head = new byte[LongestHead];
    private int _headLength;
    private long _bodyLeft;
    private bool _isInBody;

    public override int Take(ReadOnlySpan<byte> received)
    {
        int answers = 0;
        while (received.Length > 0)
        {
            if (!_isInBody && !TryTakeHead(ref received))
            {
                break;
            }

            int length = (int)Math.Min(_bodyLeft, received.Length);
            received = received[length..];
            _bodyLeft -= length;
            if (_bodyLeft == 0)
            {
                _isInBody = false;
                answers++;
            }
        }

        return answers;
    }

    public override void Reset()
    {
        _headLength = 0;
        _bodyLeft = 0;
        _isInBody = false;
    }

    private bool TryTakeHead(ref ReadOnlySpan<byte> received)
    {
        if (_headLength == 0)
        {
            int end = received.IndexOf("\r\n\r\n"u8);
            if (end >= 0)
            {
                Begin(received[..(end + 2)]);
                received = received[(end + 4)..];
                return true;
            }
        }

        int before = _headLength;
        int added = Math.Min(received.Length, _head.Length - before);
        received[..added].CopyTo(_head.AsSpan(before));
        _headLength += added;
        int at = _head.AsSpan(0, _headLength).IndexOf("\r\n\r\n"u8);
        if (at < 0)
        {
            received = _headLength < LongestHead ? default : throw new InvalidDataException($"an answer whose head does not end within {LongestHead} bytes");
            return false;
        }

        Begin(_head.AsSpan(0, at + 2));
        received = received[(at + 4 - before)..];
        _headLength = 0;
        return true;
    }

    private void Begin(ReadOnlySpan<byte> head)
    {
        if (!head.StartsWith("HTTP/1.1 2"u8))
        {
            throw new InvalidDataException($"an answer that begins with '{Encoding.ASCII.GetString(head[..Math.Min(head.Length, 64)])}'");
        }

        _bodyLeft = ContentLength(head);
        _isInBody = true;
    }

    private static long ContentLength(ReadOnlySpan<byte> head)
    {
        ReadOnlySpan<byte> name = "content-length:"u8;
        for (var rest = head; rest.Length > 0;)
        {
            int end = rest.IndexOf("\r\n"u8);
            var line = rest[..end];
            if (line.Length > name.Length && Ascii.EqualsIgnoreCase(line[..name.Length], name)
                && Utf8Parser.TryParse(line[name.Length..].TrimStart((byte)' '), out long length, out _))
            {
                return length;
            }

            rest = rest[(end + 2)..];
        }

        throw new InvalidDataException("an answer without Content-Length");
    }
}
