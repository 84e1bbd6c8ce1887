using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Reflection;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.RegularExpressions;

namespace Reactor.Samples.Tests.Processes;

/// <summary>A sample as a user runs it: its executable, in a process of its own, which never outlives the test.</summary>
internal sealed partial class SampleProcess : IDisposable
{
    private const string ReadyPrefix = "listening on ";

    internal const int SIGINT = 2;
    internal const int SIGTERM = 15;

    private readonly Process _process;
    private readonly StringBuilder _output = new();
    private readonly StringBuilder _error = new();

    private SampleProcess(Process process)
    {
        _process = process;
        process.OutputDataReceived += (_, line) => Append(_output, line.Data);
        process.ErrorDataReceived += (_, line) => Append(_error, line.Data);
        process.Start();
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
    }

    internal int Id => _process.Id;

    internal bool HasExited => _process.HasExited;

    /// <summary>Everything written to the standard output so far.</summary>
    internal string Output => Read(_output);

    /// <summary>Everything written to the standard error stream so far.</summary>
    internal string Error => Read(_error);

    /// <summary>Of that, what is out of order: neither what the reactor tells at its start nor the summary at the end.</summary>
    internal string Complaints =>
        string.Concat(Error.Split('\n').Where(line => line.Length > 0 && !line.StartsWith("reactor: ", StringComparison.Ordinal) && !SummaryLine().IsMatch(line)).Select(line => line + "\n"));

    /// <summary>What it says of each shard when it has stopped.</summary>
    internal IReadOnlyList<(int Accepted, int Requests)> Summary =>
        [.. SummaryLine().Matches(Error).Select(match => (Number(match.Groups[1]), Number(match.Groups[2])))];

    /// <summary>Where it says that it listens, first.</summary>
    internal IPEndPoint EndPoint { get; private set; } = null!;

    /// <summary>All addresses that it says it listens on.</summary>
    internal IReadOnlyList<Uri> Addresses => [.. Output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(static line => new Uri(line[ReadyPrefix.Length..]))];

    /// <summary>Starts a sample on a port of the kernel's choice and waits until it says that it is ready.</summary>
    internal static SampleProcess Serve(string name, params string[] arguments) =>
        AwaitReady(name, Run(name, ["--port", "0", .. arguments]));

    /// <summary>The same with a limit of open file descriptors, as <c>ulimit -n</c> sets it.</summary>
    internal static SampleProcess ServeWithDescriptors(string name, int limit) =>
        AwaitReady(name, Launch("/bin/sh", ["-c", $"ulimit -n {limit}; exec \"$0\" --port 0", PathOf(name)]));

    /// <summary>Starts a sample with exactly these arguments.</summary>
    internal static SampleProcess Run(string name, params string[] arguments) => Launch(PathOf(name), arguments);

    private static SampleProcess AwaitReady(string name, SampleProcess sample)
    {
        try
        {
            Eventually.Until(() => sample.Output.Contains('\n', StringComparison.Ordinal) || sample.HasExited, "a ready line");
            Uri address = sample.Addresses[0];
            sample.EndPoint = new IPEndPoint(IPAddress.Parse(address.Host), address.Port);
            return sample;
        }
        catch (Exception exception)
        {
            using (sample)
            {
                throw new InvalidOperationException($"{name} is not ready. Output: '{sample.Output}', errors: '{sample.Error}'", exception);
            }
        }
    }

    private static SampleProcess Launch(string file, string[] arguments)
    {
        var start = new ProcessStartInfo(file, arguments) { RedirectStandardOutput = true, RedirectStandardError = true };

        // The runtime that runs this test is there; it need not be where an executable looks by itself.
        start.Environment["DOTNET_ROOT"] = Path.GetFullPath(Path.Combine(RuntimeEnvironment.GetRuntimeDirectory(), "../../.."));
        return new SampleProcess(new Process { StartInfo = start });
    }

    internal void Signal(int signal)
    {
        if (Kill(_process.Id, signal) != 0)
        {
            throw new Win32Exception(Marshal.GetLastPInvokeError(), $"kill({_process.Id}, {signal})");
        }
    }

    /// <summary>Waits for the end; then all output is there too.</summary>
    /// <returns>The exit code.</returns>
    internal int WaitForExit(TimeSpan? limit = null)
    {
        TimeSpan patience = limit ?? Eventually.Deadline;
        Assert.True(_process.WaitForExit(patience), $"The process is still there after {patience.TotalSeconds} s. Output: '{Output}', errors: '{Error}'");
        _process.WaitForExit();
        return _process.ExitCode;
    }

    public void Dispose()
    {
        if (!HasExited)
        {
            _process.Kill();
            _process.WaitForExit();
        }

        _process.Dispose();
    }

    private static string PathOf(string name)
    {
        string root = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(root, "Reactor.sln")))
        {
            root = Path.GetDirectoryName(root) ?? throw new InvalidOperationException($"No Reactor.sln above {AppContext.BaseDirectory}");
        }

        string configuration = typeof(SampleProcess).Assembly.GetCustomAttribute<AssemblyConfigurationAttribute>()!.Configuration;
        return Path.Combine(root, "src", "Samples", name, "bin", configuration, "net10.0", name);
    }

    private static int Number(Group group) => int.Parse(group.ValueSpan, CultureInfo.InvariantCulture);

    [GeneratedRegex(@"^shard \d+(?: \(CPU \d+\))?: (\d+) connections accepted, (\d+) requests served$", RegexOptions.Multiline)]
    private static partial Regex SummaryLine();

    private static void Append(StringBuilder text, string? line)
    {
        lock (text)
        {
            text.Append(line).Append(line is null ? "" : "\n");
        }
    }

    private static string Read(StringBuilder text)
    {
        lock (text)
        {
            return text.ToString();
        }
    }

    [LibraryImport("libc", EntryPoint = "kill", SetLastError = true)]
    private static partial int Kill(int process, int signal);
}
