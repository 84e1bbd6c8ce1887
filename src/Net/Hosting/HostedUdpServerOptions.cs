using System.ComponentModel.DataAnnotations;
using Reactor.Net.Hosting;

namespace Reactor.Net;

/// <summary>
/// How a UDP server of an application is set. Read from the section <c>Reactor:Servers:NAME</c> of the configuration, where
/// NAME is that of the server, then changed by the delegate that it was added with.
/// </summary>
public sealed class HostedUdpServerOptions : UdpServerOptions, IValidatableObject
{
    /// <summary>Where the server is bound, written as for <see cref="HostedTcpServerOptions.EndPoints"/>. Those of configuration and code add up.</summary>
    public IList<string> EndPoints { get; } = [];

    /// <summary>The name of the scheduling group in which handlers run; servers that name the same share it. Null, the default, for <see cref="UdpServerOptions.SchedulingGroup"/>.</summary>
    public string? SchedulingGroupName { get; set; }

    /// <summary>The shares of the group that is named; null, the default, for 100 or what another server says.</summary>
    public int? SchedulingGroupShares { get; set; }

    /// <summary>The server's, for messages.</summary>
    internal string Name { get; set; } = "";

    IEnumerable<ValidationResult> IValidatableObject.Validate(ValidationContext validationContext) =>
        HostedServerProblems.Of(EndPoints, SchedulingGroup, SchedulingGroupName, SchedulingGroupShares, Validate)
            .Select(problem => new ValidationResult($"UDP server '{Name}': {problem}"));
}
