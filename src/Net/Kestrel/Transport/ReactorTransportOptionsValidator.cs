using Microsoft.Extensions.Options;

namespace Reactor.Net.Kestrel;

/// <summary>Tells what cannot be met before the application's host starts anything.</summary>
internal sealed class ReactorTransportOptionsValidator : IValidateOptions<ReactorTransportOptions>
{
    public ValidateOptionsResult Validate(string? name, ReactorTransportOptions options)
    {
        try
        {
            options.Validate();
            return ValidateOptionsResult.Success;
        }
        catch (ArgumentException refusal)
        {
            return ValidateOptionsResult.Fail(refusal.Message);
        }
    }
}
