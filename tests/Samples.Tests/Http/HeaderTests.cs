namespace Reactor.Samples.Tests.Http;

public sealed class HeaderTests
{
    private static string Get(string headers, string version = "1.1") => $"GET / HTTP/{version}\r\n{headers}\r\n";

    [Theory]
    [InlineData("Host: h\r\n")]
    [InlineData("Host:h\r\n")]
    [InlineData("hOsT:\t h \t \r\n")]
    [InlineData("Host: a.example:8080\r\n")]
    [InlineData("Host: a.example:\r\n")]
    [InlineData("Host: 127.0.0.1:65535\r\n")]
    [InlineData("Host: [::1]\r\n")]
    [InlineData("Host: [::ffff:1.2.3.4]:80\r\n")]
    [InlineData("Host: a_b-c.%41\r\n")]
    [InlineData("Host: h\r\nX:\r\n")]
    [InlineData("Host: h\r\nX: \r\nX: \t\r\n")]
    [InlineData("Host: h\r\nX: a\tb c\r\n")]
    [InlineData("Host: h\r\nX: \u00e4\u00ff\u0080\r\n")]
    [InlineData("Host: h\r\n!#$%&'*+-.^_`|~09azAZ: x\r\n")]
    [InlineData("Host: h\r\nX: a: b:\r\n")]
    [InlineData("X: 1\r\nHost: h\r\nHostx: i\r\nXHost: j\r\n")]
    public void Well_formed_headers_are_accepted(string headers) => EverySplit.Accepted(Get(headers));

    public static TheoryData<int, string> Malformed => new()
    {
        { 400, "" },
        { 400, "X: y\r\n" },
        { 400, "Host: h\r\nHost: h\r\n" },
        { 400, "Host: h\r\nX: y\r\nhost: i\r\n" },
        { 400, "Host:\r\n" },
        { 400, "Host: \r\n" },
        { 400, "Host: a b\r\n" },
        { 400, "Host: a,b\r\n" },
        { 400, "Host: a/b\r\n" },
        { 400, "Host: a?b\r\n" },
        { 400, "Host: a#b\r\n" },
        { 400, "Host: u@h\r\n" },
        { 400, "Host: http://h\r\n" },
        { 400, "Host: :80\r\n" },
        { 400, "Host: h:80:80\r\n" },
        { 400, "Host: h:8x\r\n" },
        { 400, "Host: h:-1\r\n" },
        { 400, "Host: h:65536\r\n" },
        { 400, "Host: h:000080\r\n" },
        { 400, "Host: %4\r\n" },
        { 400, "Host: %zz\r\n" },
        { 400, "Host: \u00e4\r\n" },
        { 400, "Host: [\r\n" },
        { 400, "Host: []\r\n" },
        { 400, "Host: [::1\r\n" },
        { 400, "Host: [::1]x\r\n" },
        { 400, "Host: [::g]\r\n" },
        { 400, "Host: [1.2.3.4]\r\n" },
        { 400, "Host: [1:2:3]\r\n" },
        { 400, "Host: [fe80::1%1]\r\n" },
        { 400, "Host: [::1/64]\r\n" },
        { 400, "Host: ::1\r\n" },
        { 400, "Host : h\r\n" },
        { 400, "Host\t: h\r\n" },
        { 400, " Host: h\r\n" },
        { 400, "Host: h\r\n X: y\r\n" },
        { 400, "Host: h\r\n\tX: y\r\n" },
        { 400, "Host: h\r\n \r\n" },
        { 400, "Host: h\r\nX: a\r\n folded\r\n" },
        { 400, "Host: h\r\n: x\r\n" },
        { 400, "Host: h\r\nX\r\n" },
        { 400, "Host: h\r\nX y: z\r\n" },
        { 400, "Host: h\r\nX(y): z\r\n" },
        { 400, "Host: h\r\nX\u00e4: z\r\n" },
        { 400, "Host: h\r\nX\0: z\r\n" },
        { 400, "Host: h\r\nX\u007f: z\r\n" },
        { 400, "Host: h\r\n\"X\": z\r\n" },
        { 400, "Host: h\r\nX: a\0b\r\n" },
        { 400, "Host: h\r\nX: a\u0001b\r\n" },
        { 400, "Host: h\r\nX: a\u000bb\r\n" },
        { 400, "Host: h\r\nX: a\u000cb\r\n" },
        { 400, "Host: h\r\nX: a\u001fb\r\n" },
        { 400, "Host: h\r\nX: a\u007fb\r\n" },
        { 400, "Host: h\r\nX: a\rb\r\n" },
        { 400, "Host: h\r\nX: a\r\r\n" },
        { 400, "Host: h\r\nX: a\nY: b\r\n" },
        { 400, "Host: h\n" },
        { 400, "Host: h\r\n\n" },
        { 400, "Host: h\r\n\rx" },
        { 400, "Host: h\r\nConnection: a b\r\n" },
        { 400, "Host: h\r\nConnection: close;x\r\n" },
        { 417, "Host: h\r\nExpect: 200-ok\r\n" },
        { 417, "Host: h\r\nExpect:\r\n" },
        { 417, "Host: h\r\nExpect: 100-continue, 100-continue\r\n" },
        { 417, "Host: h\r\nExpect: 100-continue\r\nExpect: x\r\n" },
    };

    [Theory]
    [MemberData(nameof(Malformed))]
    public void Malformed_headers_are_refused(int status, string headers) => Assert.Equal(status, EverySplit.Refused(Get(headers)));

    public static TheoryData<char> ControlBytes
    {
        get
        {
            var data = new TheoryData<char>();
            foreach (int value in Enumerable.Range(0, 32).Append(127).Where(value => value != '\t'))
            {
                data.Add((char)value);
            }
            return data;
        }
    }

    [Theory]
    [MemberData(nameof(ControlBytes))]
    public void No_control_byte_but_the_tab_passes_in_a_value(char control) =>
        Assert.Equal(400, EverySplit.Refused(Get($"Host: h\r\nX: a{control}b\r\n")));

    [Fact]
    public void The_colon_and_the_tokens_are_the_only_bytes_that_pass_in_a_name()
    {
        const string TokenSymbols = "!#$%&'*+-.^_`|~";
        for (int value = 0; value < 256; value++)
        {
            char c = (char)value;
            bool good = c == ':' || char.IsAsciiLetterOrDigit(c) || TokenSymbols.Contains(c, StringComparison.Ordinal);
            Ending ending = EverySplit.Of(Get($"Host: h\r\nX{c}Y: z\r\n")).Ending;
            Assert.True(good == (ending == Ending.Idle), $"{value:x2}: {ending}");
        }
    }

    [Fact]
    public void HTTP_1_0_needs_no_Host() => Assert.Equal("", EverySplit.Accepted(Get("", "1.0")).Authority);

    [Fact]
    public void HTTP_1_0_may_not_have_two_Hosts() => Assert.Equal(400, EverySplit.Refused(Get("Host: h\r\nHost: h\r\n", "1.0")));

    [Fact]
    public void An_absolute_target_does_not_replace_Host() =>
        Assert.Equal(400, EverySplit.Refused("GET http://h/ HTTP/1.1\r\n\r\n"));

    [Theory]
    [InlineData("1.1", "", true)]
    [InlineData("1.1", "Connection: close\r\n", false)]
    [InlineData("1.1", "connection: CLOSE\r\n", false)]
    [InlineData("1.1", "Connection: keep-alive\r\n", true)]
    [InlineData("1.1", "Connection: upgrade,\t Close ,x\r\n", false)]
    [InlineData("1.1", "Connection: keep-alive\r\nX: y\r\nConnection: close\r\n", false)]
    [InlineData("1.1", "Connection: close\r\nConnection: keep-alive\r\n", false)]
    [InlineData("1.1", "Connection: closed\r\n", true)]
    [InlineData("1.1", "Connection:\r\n", true)]
    [InlineData("1.1", "Connection: ,,\r\n", true)]
    [InlineData("1.0", "", false)]
    [InlineData("1.0", "Connection: Keep-Alive\r\n", true)]
    [InlineData("1.0", "Connection: x, keep-alive\r\n", true)]
    [InlineData("1.0", "Connection: keep-alive, close\r\n", false)]
    public void A_connection_persists_as_version_and_Connection_say(string version, string headers, bool persists) =>
        Assert.Equal(persists, EverySplit.Accepted(Get("Host: h\r\n" + headers, version)).KeepAlive);

    [Theory]
    [InlineData("1.1", "Content-Length: 1\r\nExpect: 100-Continue\r\n\r\nx", true)]
    [InlineData("1.1", "Expect: 100-continue\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", true)]
    [InlineData("1.1", "Expect: 100-continue\r\n\r\n", false)]
    [InlineData("1.1", "Expect: 100-continue\r\nContent-Length: 0\r\n\r\n", false)]
    [InlineData("1.0", "Content-Length: 1\r\nExpect: 100-continue\r\n\r\nx", false)]
    [InlineData("1.0", "Content-Length: 1\r\nExpect: nonsense\r\n\r\nx", false)]
    public void Continue_is_expected_where_a_body_follows_in_HTTP_1_1(string version, string rest, bool expected) =>
        Assert.Equal(expected, EverySplit.Accepted($"POST / HTTP/{version}\r\nHost: h\r\n{rest}").ExpectContinue);
}
