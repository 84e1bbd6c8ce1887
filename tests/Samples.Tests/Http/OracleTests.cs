using System.Text;
using CsCheck;

namespace Reactor.Samples.Tests.Http;

/// <summary>The parser against a second one. Iterations and seeds are those of <see cref="FuzzTests"/>.</summary>
public sealed class OracleTests
{
    [Fact]
    public void Generated_requests_are_understood_as_a_second_parser_understands_them()
    {
        using var sessions = new ThreadLocal<Session>(() => new Session());
        RequestGenerator.Request.Sample(
            request =>
            {
                byte[] bytes = Encoding.Latin1.GetBytes(request);
                Exchange expected = Assert.Single(OracleParser.ReadAll(request));
                Verdict whole = sessions.Value!.Whole(bytes);
                Verdict single = sessions.Value.Single(bytes);
                if (whole.Exchanges.Count != 1 || whole.Exchanges[0] != expected || whole.Ending == Ending.Refused || !whole.Equals(single))
                {
                    Assert.Fail($"{whole}, byte by byte {single}, but {expected}\n{request}");
                }
            },
            iter: FuzzIterations.Or(5_000));
    }

    [Fact]
    public void Generated_requests_survive_every_cut() =>
        Gen.Select(RequestGenerator.Request, RequestGenerator.Request).Sample((first, second) => EverySplit.Of(first + second), iter: 300);

    [Fact]
    public void Damaged_requests_are_accepted_where_a_second_parser_accepts_them_and_nowhere_else()
    {
        long iterations = FuzzIterations.Or(50_000);
        long accepted = 0;
        using var sessions = new ThreadLocal<Session>(() => new Session());
        RequestGenerator.Damaged.Sample(
            input =>
            {
                List<Exchange> expected = OracleParser.ReadAll(input);
                Verdict verdict = sessions.Value!.Whole(Encoding.Latin1.GetBytes(input));
                Interlocked.Add(ref accepted, expected.Count);
                if (!expected.SequenceEqual(verdict.Exchanges))
                {
                    Assert.Fail($"{verdict}, but [{string.Join("; ", expected)}]\n{input}");
                }
            },
            iter: iterations);

        // A check that never accepts or never refuses would prove nothing.
        Assert.InRange(accepted, iterations / 10, iterations * 9 / 10);
    }
}
