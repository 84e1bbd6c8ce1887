using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Reactor.Hosting;

namespace Reactor.Net.Hosting;

/// <summary>Reads the options of a server from the section of its name, if the application has a configuration.</summary>
internal sealed class HostedTcpServerOptionsSetup(IServiceProvider services) : IConfigureNamedOptions<HostedTcpServerOptions>
{
    internal static string SectionName => $"{ReactorOptionsSetup.SectionName}:{ReactorOptionsSetup.ServersKey}";

    public void Configure(string? name, HostedTcpServerOptions options)
    {
        options.Name = name!;
        if (services.GetService<IConfiguration>() is { } configuration)
        {
            OptionsSection.Bind(configuration.GetSection($"{SectionName}:{name}"), options, static (section, options) => section.Bind(options));
        }
    }

    public void Configure(HostedTcpServerOptions options) => Configure(Options.DefaultName, options);
}
