namespace Reactor.Net.Tests.Proxy;

/// <summary>Looks at bytes as they come, one more each time, and insists that no later byte changes a verdict.</summary>
internal static class EveryCut
{
    internal static string Of(byte[] bytes, ProxyProtocolOptions? options = null)
    {
        string whole = Verdict(bytes, options);
        string verdict = More;
        for (int length = 0; length <= bytes.Length; length++)
        {
            string now = Verdict(bytes.AsSpan(0, length), options);
            if (verdict != More && now != verdict)
            {
                Assert.Fail($"After {length} bytes {now}, before {verdict}: {Convert.ToHexString(bytes)}");
            }

            verdict = now;
        }

        Assert.Equal(whole, verdict);
        return whole;
    }

    internal const string More = "more";

    /// <summary>All that a result says, as text.</summary>
    internal static string Verdict(ReadOnlySpan<byte> bytes, ProxyProtocolOptions? options = null)
    {
        ProxyParseResult result = ProxyHeader.Parse(bytes, options);
        if (result.Header is not { } header)
        {
            Assert.Equal(0, result.Consumed);
            Assert.Equal(result.NeedsMore, result.Error == ProxyHeaderError.None);
            return result.NeedsMore ? More : $"{result.Error}";
        }

        Assert.False(result.NeedsMore);
        Assert.Equal(ProxyHeaderError.None, result.Error);
        Assert.InRange(result.Consumed, 1, bytes.Length);
        return Describe(header.Version, header.IsLocal, $"{header.Transport}", $"{header.Source}", $"{header.Destination}", header.UnixSource.Span, header.UnixDestination.Span, header.Tlvs.Raw.Span, result.Consumed);
    }

    internal static string Describe(int version, bool isLocal, string transport, string source, string destination, ReadOnlySpan<byte> unixSource, ReadOnlySpan<byte> unixDestination, ReadOnlySpan<byte> tlvs, int consumed) =>
        $"v{version} local={isLocal} {transport} {source}>{destination} {Convert.ToHexString(unixSource)}>{Convert.ToHexString(unixDestination)} [{Convert.ToHexString(tlvs)}] {consumed}";
}
