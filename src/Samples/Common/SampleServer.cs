using System.Net;

namespace Reactor.Samples.Common;

/// <summary>A sample's server while it runs.</summary>
public abstract class SampleServer : IAsyncDisposable
{
    /// <summary>Where it listens.</summary>
    public abstract IPEndPoint EndPoint { get; }

    /// <summary>What a client writes before the address: <c>http</c>, <c>tcp</c>.</summary>
    public abstract string Scheme { get; }

    /// <summary>Requests answered since the start. Read from any thread.</summary>
    public abstract long Requests { get; }

    /// <summary>Connections open now. Read from any thread.</summary>
    public abstract long Connections { get; }

    /// <summary>Stops accepting, lets what is under way finish, and aborts what is left when the deadline passes.</summary>
    public abstract Task StopAsync(CancellationToken deadline);

    public async ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        await StopAsync(new CancellationToken(canceled: true));
    }
}
