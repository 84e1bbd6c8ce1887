using Reactor.Samples.Http;

namespace Reactor.Samples.Tests.Http;

/// <summary>All that a server makes of the bytes of a connection.</summary>
/// <param name="Exchanges">The complete requests.</param>
/// <param name="Unfinished">The request whose body broke off or was refused, with what came of it.</param>
/// <param name="Ending">Where the connection stands.</param>
/// <param name="Error">Why it was refused, if it was.</param>
internal sealed record Verdict(IReadOnlyList<Exchange> Exchanges, Exchange? Unfinished, Ending Ending, HttpError Error)
{
    public HttpStatus Status => HttpErrors.Status(Error);

    // A record would compare the lists by reference.
    public bool Equals(Verdict? other) =>
        other is not null && Ending == other.Ending && Error == other.Error &&
        Unfinished == other.Unfinished && Exchanges.SequenceEqual(other.Exchanges);

    public override int GetHashCode() => HashCode.Combine(Exchanges.Count, Ending, Error);

    public override string ToString() => $"{Ending} {Error} [{string.Join("; ", Exchanges)}] {Unfinished}";
}
