using System.Globalization;
using System.Net.Sockets;
using Reactor.Kernel;

namespace Reactor.Net;

/// <summary>
/// Socket activation: systemd, or whoever does as it does, opens the listening sockets, starts the service when a client comes,
/// and passes the sockets on, as sd_listen_fds(3) describes. So no client is refused while the service starts or restarts, and
/// the service needs no privilege for its port.
/// </summary>
/// <remarks>
/// <code>
/// IReadOnlyList&lt;SystemdSocket&gt; sockets = SystemdSockets.Take();
/// await using TcpServer server = sockets is [var web, ..]
///     ? await TcpServer.StartAsync(host, web.Handle, Serve)
///     : await TcpServer.StartAsync(host, new IPEndPoint(IPAddress.Any, 8080), Serve);
/// </code>
/// </remarks>
public static class SystemdSockets
{
    /// <summary>Where they begin (SD_LISTEN_FDS_START).</summary>
    private const int FirstDescriptor = 3;

    private const string Pid = "LISTEN_PID";
    private const string Count = "LISTEN_FDS";
    private const string Names = "LISTEN_FDNAMES";

    /// <summary>
    /// Takes the sockets that were passed to this process, in their order: once, as a second call finds none. Child processes
    /// inherit neither the descriptors nor the variables that tell of them. Whether they listen is seen when they are used.
    /// </summary>
    /// <returns>Empty when the process was started in any other way.</returns>
    /// <exception cref="InvalidOperationException">
    /// The variables (LISTEN_FDS, LISTEN_FDNAMES) contradict themselves, or a descriptor that they tell of is not open.
    /// </exception>
    public static IReadOnlyList<SystemdSocket> Take()
    {
        try
        {
            return Adopt(Read(Environment.GetEnvironmentVariable, Environment.ProcessId));
        }
        finally
        {
            foreach (string variable in new[] { Pid, Count, Names })
            {
                Environment.SetEnvironmentVariable(variable, null);
            }
        }
    }

    /// <summary>The descriptors and their names, as the variables tell them.</summary>
    internal static IReadOnlyList<(int Fd, string Name)> Read(Func<string, string?> variable, int processId)
    {
        // For another process: we have inherited the variables, but not what they tell of.
        if (variable(Pid) is not { } pid || variable(Count) is not { } counted || ParseNumber(Pid, pid) != processId)
        {
            return [];
        }

        int count = ParseNumber(Count, counted);
        if (count > int.MaxValue - FirstDescriptor)
        {
            throw Contradiction(Count, counted, "there are not that many file descriptors");
        }

        string[]? names = variable(Names)?.Split(':');
        if (names is not null && names.Length != count)
        {
            throw Contradiction(Names, variable(Names)!, $"these are {names.Length} names for {count} file descriptors");
        }

        return [.. Enumerable.Range(0, count).Select(index => (FirstDescriptor + index, names?[index] ?? "unknown"))];
    }

    internal static IReadOnlyList<SystemdSocket> Adopt(IReadOnlyList<(int Fd, string Name)> passed)
    {
        // All are closed to children before any has an owner, who might close it.
        foreach ((int fd, string name) in passed)
        {
            SysResult result = FileDescriptor.SetCloseOnExec(fd);
            if (result.IsError)
            {
                throw new InvalidOperationException($"{Count} tells of file descriptor {fd} ({name}), which is not to be had: {Errno.Describe(result.Errno)}. Was it closed before, or taken by somebody else?");
            }
        }

        return [.. passed.Select(one => new SystemdSocket(one.Name, new SafeSocketHandle(one.Fd, ownsHandle: true)))];
    }

    private static int ParseNumber(string name, string value) =>
        int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out int number) ? number : throw Contradiction(name, value, "a number is expected");

    private static InvalidOperationException Contradiction(string name, string value, string why) =>
        new($"The environment variable {name} is '{value}': {why}. Whoever started this process has set it wrongly.");
}
