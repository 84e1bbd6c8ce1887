using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Reactor.Hosting;

namespace Reactor.Net.Hosting;

/// <summary>Reads the options of a server from the section of its name, if the application has a configuration.</summary>
internal sealed class HostedUdpServerOptionsSetup(IServiceProvider services) : IConfigureNamedOptions<HostedUdpServerOptions>
{
    public void Configure(string? name, HostedUdpServerOptions options)
    {
        options.Name = name!;
        if (services.GetService<IConfiguration>() is { } configuration)
        {
            OptionsSection.Bind(configuration.GetSection($"{HostedTcpServerOptionsSetup.SectionName}:{name}"), options, static (section, options) => section.Bind(options));
        }
    }

    public void Configure(HostedUdpServerOptions options) => Configure(Options.DefaultName, options);
}
