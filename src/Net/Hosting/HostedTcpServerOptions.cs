using System.ComponentModel.DataAnnotations;
using Reactor.Net.Hosting;

namespace Reactor.Net;

/// <summary>
/// How a TCP server of an application is set. Read from the section <c>Reactor:Servers:NAME</c> of the configuration, where
/// NAME is that of the server, then changed by the delegate that it was added with.
/// </summary>
public sealed class HostedTcpServerOptions : TcpServerOptions, IValidatableObject
{
    /// <summary>
    /// Where the server listens, each as <c>address:port</c>: <c>0.0.0.0:7000</c>, <c>[::]:7000</c>, <c>127.0.0.1:0</c> for a port
    /// of the kernel's choice, <c>localhost:7000</c> for both loopback addresses, <c>*:7000</c> for all addresses of the machine.
    /// Those of configuration and code add up.
    /// </summary>
    public IList<string> EndPoints { get; } = [];

    /// <summary>For how long a handler lives. <see cref="TcpHandlerLifetime.Connection"/> by default.</summary>
    public TcpHandlerLifetime HandlerLifetime { get; set; }

    /// <summary>
    /// Has connections speak TLS: handlers find it in <see cref="StreamConnection.AsStream"/>, and in
    /// <see cref="StreamConnection.Tls"/> what was agreed on. Null, the default, for none.
    /// </summary>
    public TlsServerOptions? Tls { get; set; }

    /// <summary>
    /// The name of the scheduling group in which connections are accepted and handlers run; servers that name the same share
    /// it. Null, the default, for <see cref="ServerOptions.SchedulingGroup"/>.
    /// </summary>
    public string? SchedulingGroupName { get; set; }

    /// <summary>The shares of the group that is named; null, the default, for 100 or what another server says.</summary>
    public int? SchedulingGroupShares { get; set; }

    /// <summary>The server's, for messages.</summary>
    internal string Name { get; set; } = "";

    IEnumerable<ValidationResult> IValidatableObject.Validate(ValidationContext validationContext) =>
        Problems().Select(problem => new ValidationResult($"TCP server '{Name}': {problem}"));

    /// <summary>All that is wrong, as far as it can be told without the shards.</summary>
    private IEnumerable<string> Problems()
    {
        foreach (string problem in HostedServerProblems.Of(EndPoints, SchedulingGroup, SchedulingGroupName, SchedulingGroupShares, () => Validate([])))
        {
            yield return problem;
        }

        if (!Enum.IsDefined(HandlerLifetime))
        {
            yield return $"{nameof(HandlerLifetime)} is {HandlerLifetime}: known are {string.Join(", ", Enum.GetNames<TcpHandlerLifetime>())}.";
        }

        foreach (string problem in Tls?.Problems() ?? [])
        {
            yield return problem;
        }
    }
}
