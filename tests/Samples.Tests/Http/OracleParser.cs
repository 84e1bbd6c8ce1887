using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Numerics;
using System.Text.RegularExpressions;

namespace Reactor.Samples.Tests.Http;

/// <summary>
/// The same rules written a second time, slowly and plainly: split the text at its line ends and match each line with the
/// grammar. It knows only "a complete valid request" and "not one", and the default limits of the method and the body, into
/// which generated requests run.
/// </summary>
internal static partial class OracleParser
{
    private const int MaxBody = 1 << 20;
    private const int MaxMethod = 32;
    private const string Hex = "%[0-9A-Fa-f]{2}";
    private const string PathPattern = @"(?:[!$&'()*+,\-./:;=@\[\]_|~0-9A-Za-z]|" + Hex + ")*";
    private const string QueryPattern = @"(?:[!$&'()*+,\-./:;=?@\[\\\]^_`{|}~0-9A-Za-z]|" + Hex + ")*";
    private const string TokenPattern = @"[!#$%&'*+\-.^_`|~0-9A-Za-z]+";

    /// <summary>All complete requests from the front, up to the first fault, the last request or the end.</summary>
    public static List<Exchange> ReadAll(string input)
    {
        List<Exchange> exchanges = [];
        while (Read(ref input) is { } exchange)
        {
            exchanges.Add(exchange);
            if (!exchange.KeepAlive)
            {
                break;
            }
        }
        return exchanges;
    }

    private static Exchange? Read(ref string input)
    {
        string text = input.StartsWith("\r\n", StringComparison.Ordinal) ? input[2..] : input;
        int end = text.IndexOf("\r\n\r\n", StringComparison.Ordinal);
        if (end < 0)
        {
            return null;
        }
        string[] lines = text[..end].Split("\r\n");
        string rest = text[(end + 4)..];

        Match requestLine = RequestLine().Match(lines[0]);
        Match[] headers = [.. lines.Skip(1).Select(line => Header().Match(line))];
        if (!requestLine.Success || requestLine.Groups[1].Length > MaxMethod || headers.Any(header => !header.Success))
        {
            return null;
        }
        string method = Known(requestLine.Groups[1].Value);
        bool isHttp10 = requestLine.Groups[3].Value == "0";
        ILookup<string, string> values = headers.ToLookup(
            header => header.Groups[1].Value.ToUpperInvariant(), header => header.Groups[2].Value.Trim(' ', '\t'));

        string[] hosts = [.. values["HOST"]];
        if (hosts.Length > 1 || hosts.Any(host => !IsAuthority(host)) || (hosts.Length == 0 && !isHttp10))
        {
            return null;
        }
        string[] options = [.. values["CONNECTION"].SelectMany(value => value.Split(',')).Select(value => value.Trim(' ', '\t'))];
        if (options.Any(option => option.Length > 0 && !Token().IsMatch(option)))
        {
            return null;
        }
        string[] expectations = [.. values["EXPECT"]];
        if (!isHttp10 && expectations.Any(value => !value.Equals("100-continue", StringComparison.OrdinalIgnoreCase)))
        {
            return null;
        }
        if (!TryReadTarget(method, requestLine.Groups[2].Value, out string path, out string query, out string? authority) ||
            !TryReadBody(values, isHttp10, ref rest, out string body, out bool announced))
        {
            return null;
        }

        bool close = options.Contains("close", StringComparer.OrdinalIgnoreCase) || method == "Connect";
        bool keepAlive = options.Contains("keep-alive", StringComparer.OrdinalIgnoreCase);
        input = rest;
        return new Exchange(method, path, query, authority ?? hosts.FirstOrDefault() ?? "", isHttp10,
            !close && (!isHttp10 || keepAlive), !isHttp10 && expectations.Length > 0 && announced, body);
    }

    private static string Known(string method) =>
        Methods().IsMatch(method) ? method[0] + method[1..].ToLowerInvariant() : "Unknown";

    private static bool TryReadTarget(string method, string target, out string path, out string query, out string? authority)
    {
        authority = null;
        path = target;
        query = "";
        if (method == "Connect")
        {
            authority = target;
            return IsAuthority(target) && PortAtEnd().IsMatch(target);
        }
        if (target == "*")
        {
            return method == "Options";
        }
        Match origin = OriginForm().Match(target);
        Match absolute = AbsoluteForm().Match(target);
        Match form = origin.Success ? origin : absolute;
        path = form.Groups["path"].Value;
        query = form.Groups["query"].Value;
        if (absolute.Success)
        {
            authority = absolute.Groups["authority"].Value;
            if (path.Length == 0)
            {
                path = method == "Options" && !absolute.Groups["query"].Success ? "*" : "/";
            }
        }
        return form.Success && (authority is null || IsAuthority(authority));
    }

    private static bool IsAuthority(string text)
    {
        Match match = AuthorityForm().Match(text);
        if (!match.Success)
        {
            return false;
        }
        string port = match.Groups["port"].Value;
        string v6 = match.Groups["v6"].Value;
        return (port.Length == 0 || int.Parse(port, CultureInfo.InvariantCulture) <= 65535) &&
            (v6.Length == 0 || (IPAddress.TryParse(v6, out IPAddress? address) && address.AddressFamily == AddressFamily.InterNetworkV6));
    }

    private static bool TryReadBody(ILookup<string, string> headers, bool isHttp10, ref string rest, out string body, out bool announced)
    {
        body = "";
        announced = false;
        string[] lengths = [.. headers["CONTENT-LENGTH"]];
        string[] codings = [.. headers["TRANSFER-ENCODING"]];
        if (codings.Length > 0)
        {
            announced = true;
            return lengths.Length == 0 && codings.Length == 1 && !isHttp10 &&
                codings[0].Equals("chunked", StringComparison.OrdinalIgnoreCase) && TryReadChunks(ref rest, out body);
        }
        if (lengths.Length == 0)
        {
            return true;
        }
        if (lengths.Length > 1 || !Digits().IsMatch(lengths[0]))
        {
            return false;
        }
        BigInteger length = BigInteger.Parse(lengths[0], CultureInfo.InvariantCulture);
        if (length > Math.Min(MaxBody, rest.Length))
        {
            return false;
        }
        announced = length > 0;
        body = rest[..(int)length];
        rest = rest[(int)length..];
        return true;
    }

    private static bool TryReadChunks(ref string rest, out string body)
    {
        body = "";
        while (true)
        {
            Match line = ChunkLine().Match(rest);
            if (!line.Success)
            {
                return false;
            }
            rest = rest[line.Length..];
            BigInteger size = BigInteger.Parse("0" + line.Groups[1].Value, NumberStyles.HexNumber, CultureInfo.InvariantCulture);
            if (size == 0)
            {
                Match trailers = TrailerLines().Match(rest);
                rest = rest[trailers.Length..];
                return trailers.Success;
            }
            if (size + body.Length > MaxBody || size + 2 > rest.Length || rest.Substring((int)size, 2) != "\r\n")
            {
                return false;
            }
            body += rest[..(int)size];
            rest = rest[((int)size + 2)..];
        }
    }

    [GeneratedRegex(@"\A(" + TokenPattern + @") ([!-~]+) HTTP/1\.([0-9])\z")]
    private static partial Regex RequestLine();

    [GeneratedRegex(@"\A(" + TokenPattern + @"):([\t\x20-\x7e\x80-\xff]*)\z")]
    private static partial Regex Header();

    [GeneratedRegex(@"\A" + TokenPattern + @"\z")]
    private static partial Regex Token();

    [GeneratedRegex(@"\A(?:GET|HEAD|POST|PUT|DELETE|OPTIONS|PATCH|TRACE|CONNECT)\z")]
    private static partial Regex Methods();

    [GeneratedRegex(@"\A(?<path>/" + PathPattern + @")(?:\?(?<query>" + QueryPattern + @"))?\z")]
    private static partial Regex OriginForm();

    [GeneratedRegex(@"\A[Hh][Tt][Tt][Pp]://(?<authority>[^/?]+)(?<path>(?:/" + PathPattern + @")?)(?:\?(?<query>" + QueryPattern + @"))?\z")]
    private static partial Regex AbsoluteForm();

    [GeneratedRegex(@"\A(?:\[(?<v6>[0-9A-Fa-f:.]+)\]|(?:[!$&'()*+\-.;=_~0-9A-Za-z]|" + Hex + @")+)(?::(?<port>[0-9]{0,5}))?\z")]
    private static partial Regex AuthorityForm();

    [GeneratedRegex(@":[0-9]+\z")]
    private static partial Regex PortAtEnd();

    [GeneratedRegex(@"\A[0-9]+\z")]
    private static partial Regex Digits();

    [GeneratedRegex(@"\A([0-9A-Fa-f]{1,16})(?:[ \t]*;[ \t]*[!#$%&'*+\-.^_`|~0-9A-Za-z][\t\x20-\x7e\x80-\xff]*)?\r\n")]
    private static partial Regex ChunkLine();

    [GeneratedRegex(@"\A(?:" + TokenPattern + @":[\t\x20-\x7e\x80-\xff]*\r\n)*\r\n")]
    private static partial Regex TrailerLines();
}
