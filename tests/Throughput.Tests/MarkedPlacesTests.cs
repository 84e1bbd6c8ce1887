using Reactor.Bench.Throughput;
using Reactor.Bench.Throughput.Results;

namespace Throughput.Tests;

public sealed class MarkedPlacesTests
{
    private static readonly Machine s_machine = new("a CPU", 2, "6.1", ".NET 10", "abc", "0 0 0", DateTimeOffset.UnixEpoch);

    private static readonly BenchResults s_results = new([], [new FigureTable("timers", "T", s_machine, "case", ["ns"], [new FigureRow("a", [new Spread(2, 1, 3)])])]);

    [Fact]
    public void A_place_is_filled_and_the_prose_around_it_stays()
    {
        string filled = MarkedPlaces.Fill("before\n<!-- bench:table timers -->\nold\n<!-- /bench -->\nafter\n", s_results, "");

        Assert.Equal("before\n<!-- bench:table timers -->\n| case | ns |\n| --- | ---: |\n| a | 2.00 [1.00–3.00] |\n<!-- /bench -->\nafter\n", filled);
        Assert.Equal(filled, MarkedPlaces.Fill(filled, s_results, ""));
    }

    [Theory]
    [InlineData("<!-- bench:table nothing -->\n<!-- /bench -->")]
    [InlineData("<!-- bench:song timers -->\n<!-- /bench -->")]
    public void A_place_that_asks_for_what_is_not_there_is_refused(string document) =>
        Assert.Throws<BenchFailure>(() => MarkedPlaces.Fill(document, s_results, ""));

    [Fact]
    public void Of_two_tables_of_one_name_the_later_one_counts()
    {
        var later = new BenchResults([], [s_results.Figures[0] with { Title = "later" }]);

        Assert.Equal("later", Assert.Single(BenchResults.Merge([s_results, later]).Figures).Title);
    }

    /// <summary>What the documents show is what the program has measured, and nobody has written over it.</summary>
    [Theory]
    [InlineData("README.md", "docs/benchmarks")]
    [InlineData("docs/benchmarks.md", "benchmarks")]
    public async Task The_documents_show_the_results_that_are_kept_beside_them(string document, string charts)
    {
        string[] files = [.. Directory.GetFiles(Repository.PathOf("docs/benchmarks"), "*.json").Order(StringComparer.Ordinal)];
        var results = BenchResults.Merge([.. files.Select(file => JsonReport.Parse(File.ReadAllText(file)))]);
        string text = await File.ReadAllTextAsync(Repository.PathOf(document));

        Assert.Contains("<!-- bench:", text, StringComparison.Ordinal);
        Assert.Equal(text, MarkedPlaces.Fill(text, results, charts));
        Assert.All(results.Reports, report => Assert.True(File.Exists(Repository.PathOf($"docs/benchmarks/{report.Id}.svg")), report.Id));
    }
}
