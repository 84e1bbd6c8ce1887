using System.Globalization;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Reactor.Hosting;

/// <summary>
/// Is every shard turning? A shard that sleeps is woken and says yes; one that is held up by its code is known by its
/// silence, and by what it runs.
/// </summary>
internal sealed class ReactorHealthCheck(ShardPulses pulses, ReactorHealthCheckOptions options) : IHealthCheck
{
    /// <summary>The runtime's timers may be early, by the measure of the clock that tells the ages.</summary>
    private static readonly TimeSpan s_clockTolerance = TimeSpan.FromMilliseconds(20);

    public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        Task answers = Task.WhenAll(pulses.Shards.Select(pulse => pulse.AskAsync()));
        await answers.WaitAsync(options.DegradedAfter + s_clockTolerance, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        cancellationToken.ThrowIfCancellationRequested();

        var data = new Dictionary<string, object>();
        var complaints = new List<string>();
        var worst = HealthStatus.Healthy;
        foreach (ShardPulse pulse in pulses.Shards)
        {
            Shard shard = pulse.Shard;
            TimeSpan age = pulse.Age;
            string? running = pulse.Running;
            HealthStatus status = StatusOf(shard, age);
            string key = string.Create(CultureInfo.InvariantCulture, $"shard.{shard.Id}");
            data[$"{key}.status"] = status.ToString();
            data[$"{key}.age"] = age;
            if (status == HealthStatus.Healthy)
            {
                continue;
            }

            if (shard.HasStopped)
            {
                complaints.Add($"{shard} has stopped");
            }
            else
            {
                data[$"{key}.running"] = running ?? "";
                complaints.Add(string.Create(CultureInfo.InvariantCulture, $"{shard} has not turned for {age.TotalSeconds:N1} s{(running is null ? "" : $", and runs {running}")}"));
            }

            worst = status < worst ? status : worst;
        }

        string description = complaints.Count == 0 ? "All shards turn." : $"{string.Join("; ", complaints)}.";
        return new HealthCheckResult(worst == HealthStatus.Unhealthy ? context.Registration.FailureStatus : worst, description, data: data);
    }

    private HealthStatus StatusOf(Shard shard, TimeSpan age) => age switch
    {
        _ when shard.HasStopped || age >= options.UnhealthyAfter => HealthStatus.Unhealthy,
        _ when age >= options.DegradedAfter => HealthStatus.Degraded,
        _ => HealthStatus.Healthy,
    };
}
