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
        if (EndPoints.Count == 0)
        {
            yield return $"there is no address to listen on. Give one where the server is added, or in {nameof(EndPoints)}, such as '0.0.0.0:7000'.";
        }

        foreach (string endPoint in EndPoints)
        {
            if (!ListenAddress.TryParse(endPoint, out _, out string? problem))
            {
                yield return $"{nameof(EndPoints)} has '{endPoint}': {problem}";
            }
        }

        if (!Enum.IsDefined(HandlerLifetime))
        {
            yield return $"{nameof(HandlerLifetime)} is {HandlerLifetime}: known are {string.Join(", ", Enum.GetNames<TcpHandlerLifetime>())}.";
        }

        if (SchedulingGroupName is { } name && (string.IsNullOrWhiteSpace(name) || SchedulingGroup is not null))
        {
            yield return $"{nameof(SchedulingGroupName)} is '{name}': name a group, or set {nameof(SchedulingGroup)}, not both.";
        }

        if (SchedulingGroupShares is { } shares && (shares is < 1 or > Reactor.SchedulingGroup.MaxShares || SchedulingGroupName is null))
        {
            yield return $"{nameof(SchedulingGroupShares)} is {shares}: from 1 to {Reactor.SchedulingGroup.MaxShares} is possible, together with {nameof(SchedulingGroupName)}.";
        }

        string? refusal = null;
        try
        {
            // What depends on the shards is checked when they run.
            Validate([]);
        }
        catch (ArgumentException exception)
        {
            refusal = exception.Message;
        }

        if (refusal is not null)
        {
            yield return refusal;
        }
    }
}
