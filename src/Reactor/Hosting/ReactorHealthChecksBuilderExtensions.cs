using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Reactor;
using Reactor.Hosting;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>The health of the shards.</summary>
public static class ReactorHealthChecksBuilderExtensions
{
    /// <summary>
    /// Adds a check that every shard turns, and adds <see cref="ReactorServiceCollectionExtensions.AddReactor(IServiceCollection)"/>.
    /// It asks each shard, and waits no longer than <see cref="ReactorHealthCheckOptions.DegradedAfter"/>; a shard that has
    /// not answered is not asked again before it does. The result has for each shard its status, the age of its last turn
    /// (<see cref="TimeSpan"/>), and if that is too great, what runs there.
    /// </summary>
    /// <param name="builder">What <c>services.AddHealthChecks()</c> returns.</param>
    /// <param name="name">The name of the check.</param>
    /// <param name="failureStatus">What is reported for unhealthy; null for unhealthy.</param>
    /// <param name="tags">To choose checks by.</param>
    /// <param name="configure">Sets the ages.</param>
    /// <returns>The builder.</returns>
    /// <exception cref="ArgumentException">An age is not positive, or the second is less than the first.</exception>
    public static IHealthChecksBuilder AddReactor(
        this IHealthChecksBuilder builder,
        string name = "reactor",
        HealthStatus? failureStatus = null,
        IEnumerable<string>? tags = null,
        Action<ReactorHealthCheckOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        var options = new ReactorHealthCheckOptions();
        configure?.Invoke(options);
        if (options.DegradedAfter <= TimeSpan.Zero || options.UnhealthyAfter < options.DegradedAfter)
        {
            throw new ArgumentException($"{nameof(ReactorHealthCheckOptions.DegradedAfter)} is {options.DegradedAfter} and {nameof(ReactorHealthCheckOptions.UnhealthyAfter)} is {options.UnhealthyAfter}: the first has to be positive, and the second no less.", nameof(configure));
        }

        builder.Services.AddReactor();
        builder.Services.TryAddSingleton<ShardPulses>();
        return builder.Add(new HealthCheckRegistration(name, services => new ReactorHealthCheck(services.GetRequiredService<ShardPulses>(), options), failureStatus, tags));
    }
}
