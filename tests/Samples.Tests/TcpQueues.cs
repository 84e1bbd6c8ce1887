using System.Net;
using System.Net.Sockets;

namespace Reactor.Samples.Tests;

/// <summary>The kernel's view of a loopback connection, from /proc/net/tcp: what the peer has not received yet.</summary>
internal static class TcpQueues
{
    private const int UnsentColumn = 0;
    private const int UnreceivedColumn = 1;

    /// <summary>
    /// Waits until the peer has received everything that the socket has sent. What the peer is told afterwards, it learns
    /// after it has dealt with those bytes.
    /// </summary>
    internal static void AwaitReceipt(Socket socket)
    {
        string own = Describe((IPEndPoint)socket.LocalEndPoint!);
        string peer = Describe((IPEndPoint)socket.RemoteEndPoint!);
        Eventually.Until(() => IsEmpty(own, peer, UnsentColumn) && IsEmpty(peer, own, UnreceivedColumn), "everything received");
    }

    /// <summary>False also when the row is not there: the kernel may leave one out while others come and go.</summary>
    private static bool IsEmpty(string local, string remote, int queue) => File.ReadLines("/proc/net/tcp")
        .Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries))
        .Any(row => row[1] == local && row[2] == remote && row[4].Split(':')[queue].All(digit => digit == '0'));

    private static string Describe(IPEndPoint endPoint) =>
        $"{BitConverter.ToUInt32(endPoint.Address.GetAddressBytes()):X8}:{endPoint.Port:X4}";
}
