using System.Collections.Concurrent;
using System.Text;
using CsCheck;
using Reactor.Samples.Http;

namespace Reactor.Samples.Tests.Http;

/// <summary>
/// Properties that hold for all bytes: no exception, and one verdict however they are cut. REACTOR_FUZZ_ITERATIONS says how many
/// inputs are tried; a failure is made smaller, and tells a seed with which CsCheck_Seed repeats it.
/// </summary>
public sealed class FuzzTests
{
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
        var errors = new ConcurrentDictionary<HttpError, bool>();
        using var narrow = new ThreadLocal<Session>(() => new Session(s_limits));
        using var wide = new ThreadLocal<Session>(() => new Session());
        Gen.Select(RequestGenerator.Damaged, RequestGenerator.Cuts, Gen.Bool).Sample(
            (text, cuts, isNarrow) =>
            {
                byte[] input = Encoding.Latin1.GetBytes(text);
                Session session = (isNarrow ? narrow : wide).Value!;
                Verdict whole = session.Whole(input);
                Verdict single = session.Single(input);
                int[] places = [.. cuts.Select(cut => cut * input.Length / 1_000)];
                Verdict pieces = session.Cut(input, places);
                errors[whole.Error] = true;
                if (!whole.Equals(single) || !whole.Equals(pieces))
                {
                    Assert.Fail($"whole {whole}, byte by byte {single}, cut at {string.Join(", ", places)} {pieces}\n{text}");
                }
            },
            iter: FuzzIterations.Or(200_000));

        // Every reason to refuse must have been met, but the one that only a clock can give.
        Assert.Equal([HttpError.RequestTimeout], Enum.GetValues<HttpError>().Except(errors.Keys));
    }

    [Fact]
    public void Random_bytes_make_the_parser_neither_throw_nor_change_its_mind_with_the_cut() =>
        Gen.Byte.Array[0, 24].Sample(input => EverySplit.Of(input), iter: FuzzIterations.Or(2_000));
}
