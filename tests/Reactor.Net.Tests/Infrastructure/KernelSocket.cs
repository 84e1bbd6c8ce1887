using System.Net;
using System.Net.Sockets;
using Reactor.Kernel;

namespace Reactor.Net.Tests;

/// <summary>Finds a socket of this process by its address, to ask the kernel what our objects do not tell.</summary>
internal static class KernelSocket
{
    private const int SolSocket = 1;
    private const int AcceptConn = 30;

    internal static int TcpOption(IPEndPoint local, bool isListener, int option) =>
        Sockets.GetOption(Find(local, isListener), (int)SocketOptionLevel.Tcp, option).Value;

    private static int Find(IPEndPoint local, bool isListener)
    {
        foreach (string path in Directory.EnumerateFileSystemEntries("/proc/self/fd"))
        {
            int fd = int.Parse(Path.GetFileName(path), System.Globalization.CultureInfo.InvariantCulture);
            NativeAddress address = default;
            if (Sockets.GetOption(fd, SolSocket, AcceptConn).Value == (isListener ? 1 : 0)
                && !Sockets.LocalAddress(fd, ref address).IsError
                && address.Family == local.AddressFamily
                && local.Equals(address.ToIPEndPoint()))
            {
                return fd;
            }
        }

        throw new InvalidOperationException($"no socket is bound to {local}");
    }
}
