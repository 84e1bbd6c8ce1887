using System.Globalization;
using System.Text;

namespace Reactor.Samples.Tests.Http;

/// <summary>Makes valid requests of every shape the grammar has, and damages them.</summary>
internal sealed class RequestGenerator(int seed)
{
    private static readonly string[] s_splices =
    [
        "\r", "\n", "\r\n", "\r\n\r\n", "\0", " ", "\t", ":", ",", ";", "%", "#", "?", "/", "*", "\u007f", "\u0080", "\u00ff",
        "0", "1", "-", "+", "0x", "f", "ffffffffffffffff", "9223372036854775808", "http://", "[::1]", "@",
        "Host: x\r\n", "Content-Length: 1\r\n", "Content-Length: 0\r\n", "Transfer-Encoding: chunked\r\n", "Transfer-Encoding: gzip\r\n",
        "Connection: close\r\n", "Connection: keep-alive\r\n", "Expect: 100-continue\r\n", "Expect: x\r\n",
        "GET / HTTP/1.1\r\n", "HTTP/1.0", "HTTP/1.1", "HTTP/2.0", "chunked", "0\r\n\r\n", "1\r\nx\r\n",
    ];

#pragma warning disable CA5394 // A test wants the same numbers every time.
    private readonly Random _random = new(seed);

    /// <summary>One valid request.</summary>
    public string Request()
    {
        bool isHttp10 = OneIn(5);
        string method = Pick("GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "CONNECT", "BREW", "X-y.z");
        List<string> headers = [];
        if (!isHttp10 || OneIn(2))
        {
            headers.Add(Field("Host", Host()));
        }
        for (int i = _random.Next(4); i > 0; i--)
        {
            headers.Add(Field(Pick("Accept", "User-Agent", "X", "Cookie", "Hosts", "Expec", "Content-Lengths"), Pick("", "a", "a b\tc", "a:b", "\u00e4\u00f6", "x, y")));
        }
        if (OneIn(3))
        {
            headers.Add(Field("Connection", Pick("keep-alive", "Keep-Alive", "upgrade", "keep-alive, x", ",keep-alive")));
        }
        if (OneIn(12))
        {
            headers.Add(Field("Connection", Pick("close", "CLOSE", "x ,close", "close, keep-alive")));
        }
        if (OneIn(6))
        {
            headers.Add(Field("Expect", Pick("100-continue", "100-Continue")));
        }
        string body = Body(isHttp10, headers);
        string[] shuffled = [.. headers];
        _random.Shuffle(shuffled);
        string version = isHttp10 ? "1.0" : Pick("1.1", "1.1", "1.1", "1.2", "1.9");
        return $"{(OneIn(6) ? "\r\n" : "")}{method} {Target(method)} HTTP/{version}\r\n{string.Concat(shuffled)}\r\n{body}";
    }

    /// <summary>A text that was valid and has since been cut, spliced or overwritten in one to four places.</summary>
    public string Damage(string request)
    {
        var text = new StringBuilder(request);
        for (int i = 1 + _random.Next(4); i > 0; i--)
        {
            int at = _random.Next(text.Length + 1);
            int length = Math.Min(_random.Next(1, 8), text.Length - at);
            switch (_random.Next(6))
            {
                case 0 when at < text.Length:
                    text[at] = (char)_random.Next(256);
                    break;
                case 1 when at < text.Length:
                    text[at] = (char)(text[at] ^ (1 << _random.Next(8)));
                    break;
                case 2:
                    text.Remove(at, length);
                    break;
                case 3:
                    text.Insert(at, text.ToString(at, length));
                    break;
                default:
                    text.Insert(at, Pick(s_splices));
                    break;
            }
        }
        return text.ToString();
    }

    /// <summary>Up to three places to cut at, in ascending order.</summary>
    public int[] Cuts(int length)
    {
        int[] cuts = new int[_random.Next(1, 4)];
        for (int i = 0; i < cuts.Length; i++)
        {
            cuts[i] = _random.Next(length + 1);
        }
        Array.Sort(cuts);
        return cuts;
    }

    public T Pick<T>(params T[] choices) => choices[_random.Next(choices.Length)];

    private bool OneIn(int count) => _random.Next(count) == 0;
#pragma warning restore CA5394

    private string Host() => Pick("h", "a.example", "a.example:8080", "127.0.0.1", "[::1]:80", "a%2Db", "h:");

    private string Target(string method)
    {
        if (method == "CONNECT")
        {
            return Pick("h:443", "[::1]:1");
        }
        string path = Pick("/", "/plaintext", "/a/b.c;d=e", "/%41%7f", "//", "/~x|y[0]");
        string query = Pick("", "", "?", "?a=b&c", "?%20?{}^`\\");
        return Form(method) switch
        {
            0 => "*",
            1 => $"{Pick("http", "HTTP", "hTTp")}://{Host()}{Pick(path, "")}{query}",
            _ => path + query,
        };

        int Form(string name) => name == "OPTIONS" && OneIn(2) ? 0 : OneIn(5) ? 1 : 2;
    }

    private string Field(string name, string value)
    {
        string cased = Pick(name, name, name.ToUpperInvariant(), name.ToLowerInvariant());
        return $"{cased}:{Pick("", " ", " ", "\t", "  \t")}{value}{Pick("", "", " ", "\t ")}\r\n";
    }

    private string Body(bool isHttp10, List<string> headers)
    {
        string content = Pick("", "x", "hello", "\r\n\r\n", "GET / HTTP/1.1\r\n\r\n", "\0\u00ff");
        switch (Pick(0, 1, 2))
        {
            case 0:
                return "";
            case 1 when !isHttp10:
                headers.Add(Field("Transfer-Encoding", Pick("chunked", "Chunked")));
                return Chunks(content);
            default:
                headers.Add(Field("Content-Length", Pick("", "0", "000") + content.Length.ToString(CultureInfo.InvariantCulture)));
                return content;
        }
    }

    private string Chunks(string content)
    {
        var text = new StringBuilder();
        while (content.Length > 0)
        {
            int size = Math.Min(content.Length, Pick(1, 2, 3, 20));
            text.Append(Pick("", "0", "00")).Append(size.ToString(Pick("x", "X"), CultureInfo.InvariantCulture)).Append(Extension())
                .Append("\r\n").Append(content, 0, size).Append("\r\n");
            content = content[size..];
        }
        return text.Append(Pick("0", "000")).Append(Extension()).Append("\r\n").Append(Pick("", "", "A: b\r\n", "A:\r\nHost: c\r\n")).Append("\r\n").ToString();
    }

    private string Extension() => Pick("", "", "", ";a", " ; a=b", ";a=\"b;c\"", "\t;\ta;b");
}
