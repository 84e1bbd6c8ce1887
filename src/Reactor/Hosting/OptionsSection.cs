using System.Diagnostics.CodeAnalysis;
using System.Reflection;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Options;

namespace Reactor.Hosting;

/// <summary>
/// Binds a section of the configuration to options, and tells what in it cannot be: a key that is no option, which the
/// binder would pass over, and a value that is none, for which the binder does not say what would be.
/// </summary>
internal static class OptionsSection
{
    /// <param name="section">May be missing.</param>
    /// <param name="options">What it is bound to.</param>
    /// <param name="bind">The call of the binder, which is generated for the type where it is written.</param>
    /// <param name="others">Keys that belong to somebody else.</param>
    /// <typeparam name="T">The type of the options.</typeparam>
    /// <exception cref="OptionsValidationException">The message names the key, its value and what would do.</exception>
    internal static void Bind<[DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.PublicProperties)] T>(
        IConfigurationSection section, T options, Action<IConfigurationSection, T> bind, params ReadOnlySpan<string> others)
        where T : class
    {
        PropertyInfo[] known = [.. typeof(T).GetProperties().Where(IsBindable)];
        foreach (IConfigurationSection child in section.GetChildren())
        {
            if (!others.Contains(child.Key, StringComparer.OrdinalIgnoreCase) && !known.Any(property => IsNameOf(property, child)))
            {
                throw Refuse<T>($"{child.Path} is not an option: known are {string.Join(", ", known.Select(property => property.Name).Order())}.");
            }
        }

        try
        {
            bind(section, options);
        }
        catch (InvalidOperationException refusal)
        {
            // Its message has the path and the value.
            PropertyInfo? property = section.GetChildren()
                .Where(child => refusal.Message.Contains($"'{child.Path}'", StringComparison.Ordinal))
                .Select(child => Array.Find(known, property => IsNameOf(property, child)))
                .FirstOrDefault();
            throw Refuse<T>(property is null ? refusal.Message : $"{section.Path}:{property.Name} is '{section[property.Name]}': {Accepted(property.PropertyType)}.");
        }
    }

    private static bool IsNameOf(PropertyInfo property, IConfigurationSection child) =>
        property.Name.Equals(child.Key, StringComparison.OrdinalIgnoreCase);

    /// <summary>Callbacks, and objects that only code can make, have no place in a configuration.</summary>
    private static bool IsBindable(PropertyInfo property)
    {
        Type type = property.PropertyType;
        return type.IsValueType || type == typeof(string) || type == typeof(IList<string>) || (type.IsClass && type.GetConstructor(Type.EmptyTypes) is not null);
    }

    private static string Accepted(Type type)
    {
        Type value = Nullable.GetUnderlyingType(type) ?? type;
        return value switch
        {
            { IsEnum: true } => $"known are {string.Join(", ", Enum.GetNames(value))}",
            _ when value == typeof(bool) => "it is true or false",
            _ when value == typeof(TimeSpan) => "write a time as hours:minutes:seconds, such as 00:00:00.0005 for 500 µs",
            _ => "a whole number is needed",
        };
    }

    private static OptionsValidationException Refuse<T>(string message) => new(Options.DefaultName, typeof(T), [message]);
}
