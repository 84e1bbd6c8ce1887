namespace Reactor.Net;

/// <summary>What the validation of all options has in common.</summary>
internal static class OptionChecks
{
    /// <param name="path">The options, as in <c>TcpServerOptions</c>.</param>
    /// <param name="option">The one that cannot be met.</param>
    /// <param name="value">What it is.</param>
    /// <param name="why">Why that cannot be, and what could.</param>
    internal static ArgumentException Refuse(string path, string option, object? value, string why) =>
        new($"{path}.{option} is {value ?? "null"}: {why}.", option);

    /// <summary>Whether a time is a whole number of units, from 1 to <paramref name="most"/>.</summary>
    internal static bool IsWhole(TimeSpan time, long ticksPerUnit, long most) =>
        time.Ticks % ticksPerUnit == 0 && time.Ticks / ticksPerUnit is var units && units >= 1 && units <= most;
}
