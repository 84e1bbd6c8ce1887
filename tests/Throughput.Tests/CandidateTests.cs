using Reactor.Bench.Throughput;
using Reactor.Bench.Throughput.Candidates;

namespace Throughput.Tests;

public sealed class CandidateTests
{
    [Fact]
    public void A_candidate_is_a_name_and_a_command_with_the_port_filled_in()
    {
        var candidate = Candidate.Parse("mine=./server --port {port} --name \"two words\"");

        Assert.Equal("mine", candidate.Name);
        Assert.Equal(["./server", "--port", "8080", "--name", "two words"], candidate.Words(8080));
        Assert.Empty(candidate.Environment);
    }

    [Fact]
    public void Leading_assignments_are_environment_and_later_ones_are_arguments()
    {
        var candidate = Candidate.Parse("mine=A=1 B=x=y ./server C=3 --url=http://localhost:{port}");

        Assert.Equal(new Dictionary<string, string> { ["A"] = "1", ["B"] = "x=y" }, candidate.Environment);
        Assert.Equal(["./server", "C=3", "--url=http://localhost:9"], candidate.Words(9));
    }

    [Theory]
    [InlineData("")]
    [InlineData("name")]
    [InlineData("=command")]
    [InlineData("name=")]
    [InlineData("name=A=1")]
    public void Without_name_or_command_it_is_refused(string text) =>
        Assert.Throws<FormatException>(() => Candidate.Parse(text));

    [Fact]
    public void Without_a_choice_the_defaults_run_and_then_the_users_own() =>
        Assert.Equal(["a", "b", "c"], Names(CandidateSelection.Select([Source("a"), Source("b")], [new Candidate("c", "x")], [])));

    [Fact]
    public void Only_those_named_run_in_the_order_named() =>
        Assert.Equal(["c", "a"], Names(CandidateSelection.Select([Source("a"), Source("b")], [new Candidate("c", "x")], ["c", "a"])));

    [Fact]
    public async Task The_users_own_takes_the_place_of_a_default_of_its_name()
    {
        var selected = Assert.Single(CandidateSelection.Select([Source("a")], [new Candidate("a", "mine")], []));

        Assert.Equal("mine", (await selected.PrepareAsync(default)).Candidate!.Command);
    }

    [Fact]
    public void An_unknown_name_is_an_error_that_lists_the_known_ones()
    {
        var failure = Assert.Throws<BenchFailure>(() => CandidateSelection.Select([Source("a"), Source("b")], [], ["z"]));

        Assert.Equal(BenchFailure.CannotStart, failure.ExitCode);
        Assert.Contains("a, b", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Two_candidates_of_one_name_are_refused()
    {
        Assert.Throws<BenchFailure>(() => CandidateSelection.Select([], [new Candidate("a", "x"), new Candidate("a", "y")], []));
        Assert.Throws<BenchFailure>(() => CandidateSelection.Select([Source("a")], [], ["a", "a"]));
    }

    private static CandidateSource Source(string name) => CandidateSource.Of(new Candidate(name, "default"));

    private static IEnumerable<string> Names(IEnumerable<CandidateSource> sources) => sources.Select(source => source.Name);
}
