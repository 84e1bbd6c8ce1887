using System.Diagnostics.CodeAnalysis;
using System.Net.Security;

namespace Reactor.Net.Hosting;

/// <summary>
/// The TLS of a connection as its handler has it, who may dispose it, as streams are disposed. That alone says nothing to the
/// client: in the middle of a failure it would look like a good end. When the handler has returned, the server says good-bye,
/// or cuts the connection.
/// </summary>
[SuppressMessage("Usage", "CA2215", Justification = "ReleaseAsync does, when the handler has returned.")]
internal sealed class HandlerTlsStream(Stream inner) : SslStream(inner, leaveInnerStreamOpen: true)
{
    public override ValueTask DisposeAsync() => default;

    /// <summary>Gives back what TLS holds.</summary>
    internal ValueTask ReleaseAsync() => base.DisposeAsync();

    protected override void Dispose(bool disposing)
    {
    }
}
