using System.Text;
using Reactor.Samples.Http;
using Xunit.Abstractions;

namespace Reactor.Samples.Tests.Http;

public sealed class FuzzTests(ITestOutputHelper output)
{
    private const int Seed = 7112026;

    /// <summary>Small enough for damaged requests to run into each of them.</summary>
    private static readonly HttpLimits s_limits = new()
    {
        MaxMethodBytes = 9,
        MaxTargetBytes = 24,
        MaxHeaderLineBytes = 28,
        MaxHeaderBytes = 100,
        MaxHeaders = 4,
        MaxBodyBytes = 16,
        MaxChunkExtensionBytes = 8,
        MaxTrailerBytes = 12,
    };

    [Fact]
    public void No_damage_makes_the_parser_throw_or_change_its_mind_with_the_cut()
    {
        output.WriteLine($"seed {Seed}");
        var generator = new RequestGenerator(Seed);
        string[] corpus = [.. Enumerable.Range(0, 2_000).Select(_ => generator.Request())];
        Session[] sessions = [new(), new(s_limits)];
        var errors = new HashSet<HttpError>();
        for (int i = 0; i < 200_000; i++)
        {
            byte[] input = Encoding.Latin1.GetBytes(generator.Damage(generator.Pick(corpus)));
            Session session = sessions[i & 1];
            Verdict whole = session.Whole(input);
            Verdict other = session.Single(input);
            if (whole.Equals(other))
            {
                other = session.Cut(input, generator.Cuts(input.Length));
            }
            if (!whole.Equals(other))
            {
                Assert.Fail($"Input {i}: {whole}, but in pieces {other}\n{Encoding.Latin1.GetString(input)}");
            }
            errors.Add(whole.Error);
        }
        // Every reason to refuse must have been met, but the one that only a clock can give.
        Assert.Equal([HttpError.RequestTimeout], Enum.GetValues<HttpError>().Except(errors));
    }

    [Fact]
    public void Random_bytes_make_the_parser_neither_throw_nor_change_its_mind_with_the_cut()
    {
        output.WriteLine($"seed {Seed}");
#pragma warning disable CA5394 // A test wants the same numbers every time.
        var random = new Random(Seed);
        for (int i = 0; i < 2_000; i++)
        {
            byte[] input = new byte[random.Next(24)];
            random.NextBytes(input);
            EverySplit.Of(input);
        }
#pragma warning restore CA5394
    }
}
