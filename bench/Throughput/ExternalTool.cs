using System.Diagnostics;

namespace Reactor.Bench.Throughput;

/// <summary>Runs a helper program to its end and hands back what it wrote.</summary>
internal static class ExternalTool
{
    /// <summary>Debian keeps some programs, nginx among them, where an ordinary user's PATH does not look.</summary>
    private static readonly string[] s_systemFolders = ["/usr/sbin", "/sbin"];

    /// <summary>The full path of a program, or null when the machine has none of that name.</summary>
    public static string? Find(string name) =>
        (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':', StringSplitOptions.RemoveEmptyEntries)
            .Concat(s_systemFolders)
            .Select(folder => Path.Combine(folder, name))
            .FirstOrDefault(File.Exists);

    /// <summary>Runs a program in the given folder; it is killed when <paramref name="cancellation"/> says so.</summary>
    public static async Task<ToolResult> RunAsync(
        string program, IEnumerable<string> arguments, string workingDirectory, CancellationToken cancellation)
    {
        var start = new ProcessStartInfo(program, arguments)
        {
            WorkingDirectory = workingDirectory,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using var process = Process.Start(start)!;
        try
        {
            var output = process.StandardOutput.ReadToEndAsync(cancellation);
            var error = process.StandardError.ReadToEndAsync(cancellation);
            await process.WaitForExitAsync(cancellation);
            return new ToolResult(process.ExitCode, await output, await error);
        }
        finally
        {
            if (!process.HasExited)
            {
                process.Kill(entireProcessTree: true);
                process.WaitForExit();
            }
        }
    }
}

/// <summary>How a helper program ended and what it wrote on each stream.</summary>
internal readonly record struct ToolResult(int ExitCode, string Output, string Error);
