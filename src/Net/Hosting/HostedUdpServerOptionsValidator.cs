using Microsoft.Extensions.Options;

namespace Reactor.Net.Hosting;

/// <summary>Has the options of each server tell what cannot be, before the application's host starts anything.</summary>
[OptionsValidator]
internal sealed partial class HostedUdpServerOptionsValidator : IValidateOptions<HostedUdpServerOptions>;
