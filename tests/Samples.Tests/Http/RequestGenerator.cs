using System.Globalization;
using System.Text;
using CsCheck;

namespace Reactor.Samples.Tests.Http;

/// <summary>Valid requests of every shape the grammar has, and what damage makes of them.</summary>
internal static class RequestGenerator
{
    private static readonly Gen<string> s_splice = Gen.OneOf(
        "\r", "\n", "\r\n", "\r\n\r\n", "\0", " ", "\t", ":", ",", ";", "%", "#", "?", "/", "*", "\u007f", "\u0080", "\u00ff",
        "0", "1", "-", "+", "0x", "f", "ffffffffffffffff", "9223372036854775808", "http://", "[::1]", "@",
        "Host: x\r\n", "Content-Length: 1\r\n", "Content-Length: 0\r\n", "Transfer-Encoding: chunked\r\n", "Transfer-Encoding: gzip\r\n",
        "Connection: close\r\n", "Connection: keep-alive\r\n", "Expect: 100-continue\r\n", "Expect: x\r\n",
        "GET / HTTP/1.1\r\n", "HTTP/1.0", "HTTP/1.1", "HTTP/2.0", "chunked", "0\r\n\r\n", "1\r\nx\r\n");

    private static readonly Gen<string> s_host = Gen.OneOf("h", "a.example", "a.example:8080", "127.0.0.1", "[::1]:80", "a%2Db", "h:");

    private static readonly Gen<string> s_path = Gen.OneOf("/", "/plaintext", "/a/b.c;d=e", "/%41%7f", "//", "/~x|y[0]");

    private static readonly Gen<string> s_query = Gen.OneOf("", "", "?", "?a=b&c", "?%20?{}^`\\");

    private static readonly Gen<string> s_origin = Gen.Select(s_path, s_query, (path, query) => path + query);

    private static readonly Gen<string> s_absolute = Gen.Select(
        Gen.OneOf("http", "HTTP", "hTTp"), s_host, Gen.OneOf(s_path, Gen.Const("")), s_query, (scheme, host, path, query) => $"{scheme}://{host}{path}{query}");

    private static readonly Gen<string> s_form = Gen.Frequency((4, s_origin), (1, s_absolute));

    private static readonly Gen<(string Method, string Target)> s_aim =
        Gen.OneOf("GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "CONNECT", "BREW", "X-y.z").SelectMany(method => (method switch
        {
            "CONNECT" => Gen.OneOf("h:443", "[::1]:1"),
            "OPTIONS" => Gen.OneOf(Gen.Const("*"), s_form),
            _ => s_form,
        }).Select(target => (method, target)));

    private static readonly Gen<string[]> s_others = Field(
        Gen.OneOf("Accept", "User-Agent", "X", "Cookie", "Hosts", "Expec", "Content-Lengths"), Gen.OneOf("", "a", "a b\tc", "a:b", "\u00e4\u00f6", "x, y")).Array[0, 3];

    private static readonly Gen<string[]> s_connection = Optional(3, Field("Connection", Gen.OneOf("keep-alive", "Keep-Alive", "upgrade", "keep-alive, x", ",keep-alive")));

    private static readonly Gen<string[]> s_close = Optional(12, Field("Connection", Gen.OneOf("close", "CLOSE", "x ,close", "close, keep-alive")));

    private static readonly Gen<string[]> s_expect = Optional(6, Field("Expect", Gen.OneOf("100-continue", "100-Continue")));

    private static readonly Gen<string> s_content = Gen.OneOf("", "x", "hello", "\r\n\r\n", "GET / HTTP/1.1\r\n\r\n", "\0\u00ff");

    private static readonly Gen<string> s_extension = Gen.OneOf("", "", "", ";a", " ; a=b", ";a=\"b;c\"", "\t;\ta;b");

    private static readonly Gen<(string[] Headers, string Body)> s_noBody = Gen.Const(() => (Array.Empty<string>(), ""));

    private static readonly Gen<(string[] Headers, string Body)> s_counted = Gen.Select(Gen.OneOf("", "0", "000"), s_content).SelectMany((zeros, content) =>
        Field("Content-Length", Gen.Const(zeros + content.Length.ToString(CultureInfo.InvariantCulture))).Select(header => (new[] { header }, content)));

    private static readonly Gen<(string[] Headers, string Body)> s_chunked = Gen.Select(
        Field("Transfer-Encoding", Gen.OneOf("chunked", "Chunked")), s_content.SelectMany(Chunks), (header, body) => (new[] { header }, body));

    /// <summary>One to four places at which a text is cut, spliced or overwritten: where, how, how much, and with what.</summary>
    private static readonly Gen<(int At, int Kind, int Length, char Value, string Splice)[]> s_faults =
        Gen.Select(Gen.Int[0, 400], Gen.Int[0, 5], Gen.Int[1, 7], Gen.Char['\0', '\u00ff'], s_splice).Array[1, 4];

    /// <summary>One valid request.</summary>
    public static Gen<string> Request { get; } = Gen.Frequency((1, RequestOf(isHttp10: true)), (4, RequestOf(isHttp10: false)));

    /// <summary>A text that was a valid request and has since been damaged.</summary>
    public static Gen<string> Damaged { get; } = Gen.Select(Request, s_faults, Damage);

    /// <summary>Up to three places to cut at, in ascending order, as parts of 1,000 of the whole.</summary>
    public static Gen<int[]> Cuts { get; } = Gen.Int[0, 1_000].Array[1, 3].Select(cuts => (int[])[.. cuts.Order()]);

    private static Gen<string> RequestOf(bool isHttp10) => Gen.Select(
        s_aim,
        Gen.Frequency((5, Gen.Const("")), (1, Gen.Const("\r\n"))),
        isHttp10 ? Gen.Const("1.0") : Gen.OneOf("1.1", "1.1", "1.1", "1.2", "1.9"),
        isHttp10 ? Optional(2, Field("Host", s_host)) : Optional(1, Field("Host", s_host)),
        Gen.Select(s_others, s_connection, s_close, s_expect, (others, connection, close, expect) => (string[])[.. others, .. connection, .. close, .. expect]),
        isHttp10 ? Gen.OneOf(s_noBody, s_counted) : Gen.OneOf(s_noBody, s_counted, s_chunked)).SelectMany((aim, start, version, host, headers, body) =>
            Gen.Shuffle((string[])[.. host, .. headers, .. body.Headers]).Select(shuffled =>
                $"{start}{aim.Method} {aim.Target} HTTP/{version}\r\n{string.Concat(shuffled)}\r\n{body.Body}"));

    private static Gen<string> Field(string name, Gen<string> value) => Field(Gen.Const(name), value);

    private static Gen<string> Field(Gen<string> name, Gen<string> value) => Gen.Select(
        name, Gen.Int[0, 3], Gen.OneOf("", " ", " ", "\t", "  \t"), value, Gen.OneOf("", "", " ", "\t "), (name, spelling, before, value, after) =>
        {
            string spelled = spelling switch
            {
                0 => name.ToUpperInvariant(),
                1 => name.ToLowerInvariant(),
                _ => name,
            };
            return $"{spelled}:{before}{value}{after}\r\n";
        });

    private static Gen<string[]> Optional(int oneIn, Gen<string> value) =>
        Gen.Frequency((1, value.Select(one => new[] { one })), (oneIn - 1, Gen.Const(Array.Empty<string>())));

    private static Gen<string> Chunks(string content) => Gen.Select(
        Gen.Select(Gen.OneOf(1, 2, 3, 20), Gen.OneOf("", "0", "00"), Gen.OneOf("x", "X"), s_extension).Array[content.Length],
        Gen.OneOf("0", "000"),
        s_extension,
        Gen.OneOf("", "", "A: b\r\n", "A:\r\nHost: c\r\n"),
        (pieces, zero, extension, trailers) =>
        {
            var text = new StringBuilder();
            string rest = content;
            foreach ((int most, string zeros, string format, string piece) in pieces)
            {
                int size = Math.Min(rest.Length, most);
                if (size > 0)
                {
                    text.Append(CultureInfo.InvariantCulture, $"{zeros}{size.ToString(format, CultureInfo.InvariantCulture)}{piece}\r\n{rest[..size]}\r\n");
                    rest = rest[size..];
                }
            }
            return text.Append(CultureInfo.InvariantCulture, $"{zero}{extension}\r\n{trailers}\r\n").ToString();
        });

    private static string Damage(string request, (int At, int Kind, int Length, char Value, string Splice)[] faults)
    {
        var text = new StringBuilder(request);
        foreach ((int place, int kind, int most, char value, string splice) in faults)
        {
            int at = place % (text.Length + 1);
            int length = Math.Min(most, text.Length - at);
            switch (kind)
            {
                case 0 when at < text.Length:
                    text[at] = value;
                    break;
                case 1 when at < text.Length:
                    text[at] = (char)(text[at] ^ (1 << (value & 7)));
                    break;
                case 2:
                    text.Remove(at, length);
                    break;
                case 3:
                    text.Insert(at, text.ToString(at, length));
                    break;
                default:
                    text.Insert(at, splice);
                    break;
            }
        }
        return text.ToString();
    }
}
