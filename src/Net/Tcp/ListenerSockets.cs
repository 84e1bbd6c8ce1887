using System.Net;
using System.Net.Sockets;
using Reactor.Kernel;
using Tmds.Linux;

namespace Reactor.Net;

/// <summary>
/// Sockets that listen on one address before the shards have them: one, or several over which the kernel spreads the
/// connections. All are opened in one go, so that either all of them listen or none. What no listener has taken over,
/// <see cref="Dispose"/> closes.
/// </summary>
internal sealed class ListenerSockets : IDisposable
{
    private const int Taken = -1;

    private readonly string _attempt;
    private readonly int[] _fds;

    // Somebody else has opened the one socket, and keeps it.
    private bool _isShared;

    private ListenerSockets(string attempt, int count)
    {
        _attempt = attempt;
        _fds = new int[count];
        Array.Fill(_fds, Taken);
    }

    /// <summary>The address that all are bound to, with the port that the kernel chose if port 0 was asked for.</summary>
    internal IPEndPoint EndPoint { get; private set; } = null!;

    internal int Count => _fds.Length;

    /// <param name="shard">The current shard, which counts the system calls.</param>
    /// <param name="endPoint">Address and port; port 0 lets the kernel choose.</param>
    /// <param name="options">How each of them is set.</param>
    /// <param name="count">How many share the address.</param>
    /// <exception cref="SocketException">The port is taken, the address is not of this machine, or permission lacks.</exception>
    internal static ListenerSockets Open(Shard shard, IPEndPoint endPoint, TcpListenerOptions options, int count = 1)
    {
        var sockets = new ListenerSockets($"listen on {endPoint}", count);
        try
        {
            NativeAddress address = sockets.OpenFirst(shard, endPoint, options);
            for (int i = 1; i < count; i++)
            {
                sockets.OpenNext(i, shard, address, options);
            }

            return sockets;
        }
        catch
        {
            sockets.Dispose();
            throw;
        }
    }

    /// <summary>Takes a duplicate of a socket that listens already, and that stays its owner's.</summary>
    /// <exception cref="ArgumentException">It is no TCP socket that listens.</exception>
    /// <exception cref="ObjectDisposedException">The handle is closed.</exception>
    /// <exception cref="SocketException">The kernel refuses an option, or no file descriptor is left.</exception>
    internal static ListenerSockets Share(Shard shard, SafeSocketHandle handle, TcpListenerOptions options)
    {
        var sockets = new ListenerSockets(InheritedSocket.Attempt(handle), 1) { _isShared = true };
        try
        {
            int fd = sockets._fds[0] = InheritedSocket.Duplicate(sockets._attempt, shard, handle);
            InheritedSocket.VerifyTcp(sockets._attempt, shard, fd);
            options.ApplyTo(sockets._attempt, shard, fd);
            sockets.ReadAddress(fd, shard);
            return sockets;
        }
        catch
        {
            sockets.Dispose();
            throw;
        }
    }

    /// <summary>
    /// Has the kernel prefer each of them for the connections whose packets its shard's CPU handles. If that fails, all are
    /// closed.
    /// </summary>
    /// <param name="shards">The shards that will have them, each pinned to a CPU; the first is the current one.</param>
    internal void PreferCpus(IReadOnlyList<Shard> shards)
    {
        try
        {
            for (int i = 0; i < _fds.Length; i++)
            {
                ShardSocket.Check(_attempt, shards[0], Sockets.SetIncomingCpu(_fds[i], shards[i].Cpu!.Value));
            }
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>Makes a listener of the current shard of one of them.</summary>
    internal TcpConnectionListener Take(int index, Shard shard)
    {
        var listener = new TcpConnectionListener(shard, _fds[index], EndPoint, _isShared);
        _fds[index] = Taken;
        return listener;
    }

    public void Dispose()
    {
        foreach (int fd in _fds)
        {
            if (fd != Taken)
            {
                FileDescriptor.Close(fd);
            }
        }

        Array.Fill(_fds, Taken);
    }

    /// <summary>
    /// Learns for certain that nobody else has the port, and only then lets others share it: with SO_REUSEPORT set before,
    /// a port on which another group listens already would be no error.
    /// </summary>
    /// <returns>The address that it is bound to.</returns>
    private NativeAddress OpenFirst(Shard shard, IPEndPoint endPoint, TcpListenerOptions options)
    {
        int fd = Create(0, shard, endPoint.AddressFamily, options);
        BindAndListen(fd, shard, NativeAddress.From(endPoint), options);
        if (_fds.Length > 1)
        {
            ShardSocket.Check(_attempt, shard, Sockets.SetReusePort(fd, true));
        }

        return ReadAddress(fd, shard);
    }

    private NativeAddress ReadAddress(int fd, Shard shard)
    {
        NativeAddress bound = default;
        ShardSocket.Check(_attempt, shard, Sockets.LocalAddress(fd, ref bound));
        EndPoint = bound.ToIPEndPoint()!;
        return bound;
    }

    private void OpenNext(int index, Shard shard, NativeAddress address, TcpListenerOptions options)
    {
        int fd = Create(index, shard, EndPoint.AddressFamily, options);
        ShardSocket.Check(_attempt, shard, Sockets.SetReusePort(fd, true));
        BindAndListen(fd, shard, address, options);
    }

    private int Create(int index, Shard shard, AddressFamily family, TcpListenerOptions options)
    {
        int fd = _fds[index] = ShardSocket.CreateTcp(_attempt, shard, family);

        // A port whose last server has just gone still has connections in TIME_WAIT; that is no reason to wait.
        ShardSocket.Check(_attempt, shard, Sockets.SetReuseAddress(fd, true));
        if (family == AddressFamily.InterNetworkV6)
        {
            ShardSocket.Check(_attempt, shard, Sockets.SetOption(fd, LibC.IPPROTO_IPV6, LibC.IPV6_V6ONLY, options.DualMode ? 0 : 1));
        }

        options.ApplyTo(_attempt, shard, fd);
        return fd;
    }

    private void BindAndListen(int fd, Shard shard, NativeAddress address, TcpListenerOptions options)
    {
        ShardSocket.Check(_attempt, shard, Sockets.Bind(fd, address));
        ShardSocket.Check(_attempt, shard, Sockets.Listen(fd, options.Backlog));
    }
}
