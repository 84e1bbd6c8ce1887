using Microsoft.Extensions.Options;

namespace Reactor.Hosting;

/// <summary>Has the options tell what a start would refuse, before the application's host starts anything.</summary>
[OptionsValidator]
internal sealed partial class ReactorOptionsValidator : IValidateOptions<ReactorOptions>;
