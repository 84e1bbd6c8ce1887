using System.Globalization;
using Xunit.Abstractions;

namespace Reactor.Tests.Support;

/// <summary>Randomness that can be repeated: the seed is fixed, is printed, and is taken from REACTOR_TEST_SEED when that is set.</summary>
internal static class Seed
{
    internal static Random Random(ITestOutputHelper output)
    {
        int seed = int.TryParse(Environment.GetEnvironmentVariable("REACTOR_TEST_SEED"), CultureInfo.InvariantCulture, out int given) ? given : 20_261_123;
        output.WriteLine($"REACTOR_TEST_SEED={seed}");
        return new Random(seed);
    }
}
