using System.CommandLine;
using System.Globalization;

namespace Reactor.Bench.Throughput;

/// <summary>Options that take a whole number between limits.</summary>
internal static class NumberOption
{
    public static Option<int> Create(string name, int value, string description, int least, int most = int.MaxValue)
    {
        var option = new Option<int>(name) { Description = description, DefaultValueFactory = _ => value };
        option.Validators.Add(result =>
        {
            // Asking the result for its value would throw when it is no number; the parser has a message for that.
            if (result.Tokens is [var token] && int.TryParse(token.Value, CultureInfo.InvariantCulture, out int given) && (given < least || given > most))
            {
                result.AddError(most == int.MaxValue ? $"{name} must be at least {least}." : $"{name} must be between {least} and {most}.");
            }
        });
        return option;
    }
}
