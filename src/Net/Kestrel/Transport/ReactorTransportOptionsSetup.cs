using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Reactor.Hosting;

namespace Reactor.Net.Kestrel;

/// <summary>Reads the options of the transport from the section "Reactor:Kestrel", if the application has a configuration.</summary>
internal sealed class ReactorTransportOptionsSetup(IServiceProvider services) : IConfigureOptions<ReactorTransportOptions>
{
    public void Configure(ReactorTransportOptions options)
    {
        if (services.GetService<IConfiguration>() is { } configuration)
        {
            IConfigurationSection section = configuration.GetSection($"{ReactorOptionsSetup.SectionName}:{ReactorOptionsSetup.KestrelKey}");
            OptionsSection.Bind(section, options, static (section, options) => section.Bind(options));
        }
    }
}
