using System.Globalization;
using Microsoft.Playwright;

namespace Reactor.Samples.Tests.WebApp;

/// <summary>The live page, in a browser.</summary>
public sealed class DashboardTests
{
    private const string Chromium = "/usr/bin/chromium";

    [ToolTheory("chromium", "chromium")]
    [MemberData(nameof(WebAppProcess.Variants), MemberType = typeof(WebAppProcess))]
    public async Task The_page_shows_moving_figures_under_load_and_no_error(string transport, string scheduling)
    {
        using var app = new WebAppProcess(transport, scheduling);
        using var end = new CancellationTokenSource();
        Task load = LoadAsync(app, end.Token);

        using IPlaywright playwright = await Playwright.CreateAsync();
        await using IBrowser browser = await playwright.Chromium.LaunchAsync(new BrowserTypeLaunchOptions
        {
            ExecutablePath = Chromium,
            Args = ["--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"],
        });
        IPage page = await browser.NewPageAsync();
        page.SetDefaultTimeout((float)Eventually.Deadline.TotalMilliseconds);
        var complaints = new List<string>();
        page.Console += (_, message) => complaints.Add($"console: {message.Text}");
        page.PageError += (_, error) => complaints.Add($"error: {error}");
        page.RequestFailed += (_, request) => complaints.Add($"failed: {request.Url}");
        page.Request += (_, request) =>
        {
            if (!request.Url.StartsWith(app.Http.ToString(), StringComparison.Ordinal) && !request.Url.StartsWith("data:", StringComparison.Ordinal))
            {
                complaints.Add($"elsewhere: {request.Url}");
            }
        };
        await page.GotoAsync(app.Http.ToString());

        ILocator total = page.Locator("#totals .figure").First;
        await page.WaitForFunctionAsync("() => Number(document.querySelector('#totals .figure')?.textContent.replaceAll(',', '')) > 0");
        string first = await total.TextContentAsync() ?? "";
        await page.WaitForFunctionAsync("first => document.querySelector('#totals .figure').textContent !== first", first);
        await page.WaitForFunctionAsync("() => document.querySelector('polyline').getAttribute('points').split(' ').length >= 3");

        Assert.Equal("live", await page.Locator("#state").TextContentAsync());
        Assert.Equal(2, await page.Locator("#shards tr").CountAsync());
        Assert.Equal(6, await page.Locator("#charts svg").CountAsync());
        if (transport == "reactor")
        {
            string[] requests = [.. await page.Locator("#shards td:nth-of-type(1)").AllTextContentsAsync()];
            Assert.True(requests.Sum(text => double.Parse(text, NumberStyles.AllowThousands, CultureInfo.InvariantCulture)) > 0, string.Join(" | ", requests));
        }

        Assert.Empty(complaints);
        await end.CancelAsync();
        await load;
    }

    [ToolTheory("chromium", "chromium")]
    [InlineData("reactor", "inline")]
    public async Task The_page_says_when_its_application_is_gone(string transport, string scheduling)
    {
        using var app = new WebAppProcess(transport, scheduling);
        using IPlaywright playwright = await Playwright.CreateAsync();
        await using IBrowser browser = await playwright.Chromium.LaunchAsync(new BrowserTypeLaunchOptions { ExecutablePath = Chromium, Args = ["--no-sandbox", "--disable-gpu"] });
        IPage page = await browser.NewPageAsync();
        page.SetDefaultTimeout((float)Eventually.Deadline.TotalMilliseconds);
        await page.GotoAsync(app.Http.ToString());
        await page.WaitForFunctionAsync("() => document.getElementById('state').dataset.state === 'live'");
        app.Process.Signal(Processes.SampleProcess.SIGTERM);

        await page.WaitForFunctionAsync("() => document.getElementById('state').dataset.state === 'lost'");
    }

    private static async Task LoadAsync(WebAppProcess app, CancellationToken end)
    {
        using HttpClient http = WebAppProcess.Client(app.Http);
        while (!end.IsCancellationRequested)
        {
            await http.GetStringAsync("/plaintext", CancellationToken.None);
        }
    }
}
