using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace Reactor.Bench.Throughput.Load;

/// <summary>
/// Connections that say nothing, held by the bench process itself while the load runs. .NET raises the soft limit
/// on descriptors to the hard one when a process starts, so the hard limit is the bound.
/// </summary>
internal sealed class IdleConnections : IDisposable
{
    /// <summary>One source address has 28,232 ephemeral ports by default; the load and the machine want some of them, too.</summary>
    public const int Most = 28_000;

    /// <summary>Descriptors that the runtime, the consoles and the child processes need.</summary>
    private const int ReservedDescriptors = 256;

    private readonly List<Socket> _sockets = [];

    public int Count => _sockets.Count;

    /// <exception cref="BenchFailure">The process may not hold so many.</exception>
    public static void Require(int count)
    {
        int limit = OpenFilesLimit(File.ReadAllText("/proc/self/limits"));
        if (count > limit - ReservedDescriptors)
        {
            throw new BenchFailure(
                $"--idle-connections {count} needs {count + ReservedDescriptors} descriptors and the hard limit is {limit} (ulimit -Hn).",
                BenchFailure.CannotStart);
        }
    }

    public static IdleConnections Open(string candidate, IPEndPoint server, int count, CancellationToken cancellation)
    {
        var connections = new IdleConnections();
        try
        {
            for (int i = 0; i < count; i++)
            {
                cancellation.ThrowIfCancellationRequested();
                var socket = new Socket(server.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
                connections._sockets.Add(socket);
                socket.Connect(server);
            }

            return connections;
        }
        catch (SocketException exception)
        {
            connections.Dispose();
            throw new BenchFailure($"{candidate} took {connections.Count - 1} of {count} idle connections: {exception.Message}", BenchFailure.Failed);
        }
        catch
        {
            connections.Dispose();
            throw;
        }
    }

    /// <summary>Nothing is ever sent, so a connection with something to read is one that the server has closed.</summary>
    /// <exception cref="BenchFailure">Some are closed, and so the figure for that many is none.</exception>
    public void ThrowIfAnyClosed(string candidate)
    {
        int closed = _sockets.Count(socket => socket.Poll(TimeSpan.Zero, SelectMode.SelectRead));
        if (closed > 0)
        {
            throw new BenchFailure($"{candidate} closed {closed} of {Count} idle connections", BenchFailure.Failed);
        }
    }

    public void Dispose()
    {
        foreach (var socket in _sockets)
        {
            socket.Dispose();
        }
    }

    /// <summary>The soft limit in force, from the text of /proc/self/limits.</summary>
    internal static int OpenFilesLimit(string limits)
    {
        const string Name = "Max open files";
        string line = limits.Split('\n').First(line => line.StartsWith(Name, StringComparison.Ordinal));
        string soft = line[Name.Length..].Split(' ', StringSplitOptions.RemoveEmptyEntries)[0];
        return soft == "unlimited" ? int.MaxValue : int.Parse(soft, CultureInfo.InvariantCulture);
    }
}
