using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;

namespace Reactor.Samples.Tests.WebApp;

/// <summary>The WebApp sample under the tools that people use.</summary>
public sealed partial class WebAppToolTests
{
    [ToolTheory("h2load", "nghttp2-client")]
    [MemberData(nameof(WebAppProcess.Variants), MemberType = typeof(WebAppProcess))]
    public async Task H2load_gets_an_answer_to_every_request_with_and_without_TLS(string transport, string scheduling)
    {
        using var app = new WebAppProcess(transport, scheduling);
        foreach (Uri address in new[] { app.Http2, app.Tls })
        {
            string report = await RunAsync("h2load", $"-n 5000 -c 10 -m 20 {address}plaintext");
            Assert.Equal("5000", Succeeded().Match(report).Groups[1].Value);
        }
    }

    [ToolTheory("curl", "curl")]
    [MemberData(nameof(WebAppProcess.Variants), MemberType = typeof(WebAppProcess))]
    public async Task Curl_is_served_by_every_protocol(string transport, string scheduling)
    {
        using var app = new WebAppProcess(transport, scheduling);

        Assert.Equal("Hello, World!1.1", await RunAsync("curl", $"-sS -w %{{http_version}} {app.Http}plaintext"));
        Assert.Equal("Hello, World!2", await RunAsync("curl", $"-sS --http2-prior-knowledge -w %{{http_version}} {app.Http2}plaintext"));
        Assert.Equal("Hello, World!2", await RunAsync("curl", $"-sSk --http2 -w %{{http_version}} {app.Tls}plaintext"));
        Assert.Equal("Hello, World!1.1", await RunAsync("curl", $"-sSk --http1.1 -w %{{http_version}} {app.Tls}plaintext"));
    }

    [ToolTheory("wrk", "wrk")]
    [MemberData(nameof(WebAppProcess.Variants), MemberType = typeof(WebAppProcess))]
    public async Task Wrk_sees_no_error(string transport, string scheduling)
    {
        using var app = new WebAppProcess(transport, scheduling);
        string report = await RunAsync("wrk", $"-t 1 -c 50 -d 1 {app.Http}json");

        Assert.DoesNotContain("Socket errors", report, StringComparison.Ordinal);
        Assert.DoesNotContain("Non-2xx", report, StringComparison.Ordinal);
        Assert.True(int.Parse(Requests().Match(report).Groups[1].Value, CultureInfo.InvariantCulture) > 0, report);
    }

    private static async Task<string> RunAsync(string tool, string arguments)
    {
        using Process process = Process.Start(new ProcessStartInfo(tool, arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        Task<string> error = process.StandardError.ReadToEndAsync();
        string output = await process.StandardOutput.ReadToEndAsync().WaitAsync(Eventually.Deadline);
        await process.WaitForExitAsync().WaitAsync(Eventually.Deadline);
        Assert.True(process.ExitCode == 0, $"{tool} {arguments} ended with {process.ExitCode}: {output} {await error}");
        return output;
    }

    [GeneratedRegex(@"(\d+) succeeded")]
    private static partial Regex Succeeded();

    [GeneratedRegex(@"(\d+) requests in")]
    private static partial Regex Requests();
}
