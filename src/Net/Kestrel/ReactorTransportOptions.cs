namespace Reactor.Net;

/// <summary>How Kestrel's connections are served by the shards.</summary>
public sealed class ReactorTransportOptions
{
    /// <summary>
    /// Where the application runs. <see cref="ApplicationScheduling.ThreadPool"/> by default. A listener may have its own:
    /// <c>listenOptions.UseScheduling(ApplicationScheduling.Inline)</c>.
    /// </summary>
    public ApplicationScheduling Scheduling { get; set; }
}
