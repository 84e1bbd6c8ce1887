using System.Collections.Concurrent;
using System.Globalization;
using CsCheck;
using Xunit.Abstractions;

namespace Reactor.Net.Tests.Proxy;

/// <summary>
/// Properties that hold for all bytes. REACTOR_FUZZ_ITERATIONS says how many inputs are tried; a failure is made smaller, and
/// tells a seed with which CsCheck_Seed repeats it.
/// </summary>
public sealed class FuzzTests(ITestOutputHelper output)
{
    private static readonly long s_iterations =
        long.TryParse(Environment.GetEnvironmentVariable("REACTOR_FUZZ_ITERATIONS"), CultureInfo.InvariantCulture, out long iterations) ? iterations : 100_000;

    [Fact]
    public void All_bytes_are_understood_as_a_second_parser_understands_them()
    {
        var verdicts = new ConcurrentDictionary<string, long>();
        Gen.Select(ProxyGenerators.Input, ProxyGenerators.Options).Sample(
            (bytes, options) =>
            {
                string verdict = EveryCut.Verdict(bytes, options);
                string expected = ProxyOracle.Verdict(bytes, options);
                verdicts.AddOrUpdate(verdict.Split(' ')[0], 1, static (_, count) => count + 1);
                return verdict == expected || (expected == ProxyOracle.No && Enum.TryParse<ProxyHeaderError>(verdict, out _));
            },
            iter: s_iterations,
            print: Print);

        foreach ((string verdict, long count) in verdicts.OrderByDescending(one => one.Value))
        {
            output.WriteLine($"{count,10:n0} {verdict}");
        }

        // A check that never accepts or never refuses would prove nothing; those that are left out come from the connection.
        IEnumerable<string> reasons = Enum.GetNames<ProxyHeaderError>().Except(["None", "NotTrusted", "Ended", "TimedOut"]);
        Assert.Empty(reasons.Concat(["v1", "v2", EveryCut.More]).Except(verdicts.Keys));
    }

    [Fact]
    public void No_cut_changes_a_verdict() => Gen.Select(ProxyGenerators.Input, ProxyGenerators.Options).Sample(
        (bytes, options) => EveryCut.Of(bytes, options),
        iter: s_iterations,
        print: Print);

    private static string Print((byte[] Bytes, ProxyProtocolOptions Options) input) =>
        $"{Convert.ToHexString(input.Bytes)} with {input.Options.MaxLength} {input.Options.AllowLocal} {input.Options.AllowUnknown}: {EveryCut.Verdict(input.Bytes, input.Options)}, but {ProxyOracle.Verdict(input.Bytes, input.Options)}";
}
