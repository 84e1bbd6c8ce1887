namespace Reactor.Bench.Throughput;

/// <summary>The two CPUs of a measurement: a load generator on the server's own CPU would be measured with it.</summary>
internal static class Cpus
{
    public const int Server = 0;
    public const int Load = 1;

    /// <summary>The words that start a command pinned. taskset replaces itself by the command, so the process id is the command's.</summary>
    public static string[] Pin(int cpu) => ["taskset", "-c", $"{cpu}"];
}
