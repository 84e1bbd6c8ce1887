using System.Globalization;

namespace Reactor.Samples.Tests.Http;

/// <summary>How many inputs a property is tried with: as many as the test says, or as REACTOR_FUZZ_ITERATIONS says for all.</summary>
internal static class FuzzIterations
{
    public static long Or(long usual) =>
        long.TryParse(Environment.GetEnvironmentVariable("REACTOR_FUZZ_ITERATIONS"), CultureInfo.InvariantCulture, out long asked) ? asked : usual;
}
