using System.Text;
using Xunit.Abstractions;

namespace Reactor.Samples.Tests.Http;

public sealed class OracleTests(ITestOutputHelper output)
{
    private const int Seed = 20261123;

    [Fact]
    public void Generated_requests_are_understood_as_a_second_parser_understands_them()
    {
        output.WriteLine($"seed {Seed}");
        var generator = new RequestGenerator(Seed);
        var session = new Session();
        for (int i = 0; i < 5_000; i++)
        {
            string request = generator.Request();
            byte[] bytes = Encoding.Latin1.GetBytes(request);
            Exchange expected = Assert.Single(OracleParser.ReadAll(request));
            Verdict whole = session.Whole(bytes);
            if (whole.Exchanges.Count != 1 || whole.Exchanges[0] != expected || whole.Ending == Ending.Refused)
            {
                Assert.Fail($"Request {i}: {whole}, but {expected}\n{request}");
            }
            Assert.Equal(whole, session.Single(bytes));
        }
    }

    [Fact]
    public void Generated_requests_survive_every_cut()
    {
        output.WriteLine($"seed {Seed}");
        var generator = new RequestGenerator(Seed + 1);
        for (int i = 0; i < 300; i++)
        {
            EverySplit.Of(generator.Request() + generator.Request());
        }
    }

    [Fact]
    public void Damaged_requests_are_accepted_where_a_second_parser_accepts_them_and_nowhere_else()
    {
        output.WriteLine($"seed {Seed}");
        var generator = new RequestGenerator(Seed + 2);
        var session = new Session();
        int accepted = 0;
        for (int i = 0; i < 50_000; i++)
        {
            string input = generator.Damage(generator.Request());
            List<Exchange> expected = OracleParser.ReadAll(input);
            Verdict verdict = session.Whole(Encoding.Latin1.GetBytes(input));
            if (!expected.SequenceEqual(verdict.Exchanges))
            {
                Assert.Fail($"Input {i}: {verdict}, but [{string.Join("; ", expected)}]\n{input}");
            }
            accepted += expected.Count;
        }
        // A check that never accepts or never refuses would prove nothing.
        Assert.InRange(accepted, 5_000, 45_000);
    }
}
