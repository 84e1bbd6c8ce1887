using System.Text;
using Reactor.Samples.Http;

namespace Reactor.Samples.Tests.Http;

/// <summary>Runs bytes whole, one by one, and cut in two at every place, and insists on one verdict.</summary>
internal static class EverySplit
{
    public static Verdict Of(string input, HttpLimits? limits = null) => Of(Encoding.Latin1.GetBytes(input), limits);

    public static Verdict Of(byte[] input, HttpLimits? limits = null)
    {
        var session = new Session(limits);
        Verdict whole = session.Whole(input);
        Assert.Equal(whole, session.Single(input));
        for (int cut = 0; cut <= input.Length; cut++)
        {
            Verdict halves = session.Cut(input, cut);
            if (!whole.Equals(halves))
            {
                Assert.Fail($"Cut at {cut}: {halves}. Whole: {whole}");
            }
        }
        return whole;
    }

    /// <summary>The one exchange of a request after which the connection is idle or closed.</summary>
    public static Exchange Accepted(string input, HttpLimits? limits = null)
    {
        Verdict verdict = Of(input, limits);
        Assert.True(verdict.Ending is Ending.Idle or Ending.Closed, verdict.ToString());
        return Assert.Single(verdict.Exchanges);
    }

    /// <summary>The status of a refusal.</summary>
    public static int Refused(string input, HttpLimits? limits = null)
    {
        Verdict verdict = Of(input, limits);
        Assert.True(verdict.Ending == Ending.Refused, verdict.ToString());
        return (int)verdict.Status;
    }
}
