namespace Reactor.Samples.Tests.Http.Server;

/// <summary>One answer as it came, its head taken apart.</summary>
internal sealed record Response(int Status, string Reason, IReadOnlyDictionary<string, string> Headers, byte[] Body)
{
    internal string Text => System.Text.Encoding.Latin1.GetString(Body);

    /// <summary>What it says about the connection; null when it says nothing.</summary>
    internal string? Connection => this["Connection"];

    internal string? this[string header] => Headers.GetValueOrDefault(header);
}
