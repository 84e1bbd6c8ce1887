using System.Net.Sockets;
using Reactor.Kernel;
using Reactor.Polling;
using Reactor.Shards;
using Tmds.Linux;

namespace Reactor.Net;

// Connecting, for TcpConnector.
public sealed partial class TcpConnection
{
    private ConnectOperation? _connect;

    internal ValueTask ConnectAsync(CancellationToken cancellationToken)
    {
        _connect = new ConnectOperation(this);
        return _connect.Start(cancellationToken);
    }

    private sealed class ConnectOperation(TcpConnection connection) : ShardOperation<bool>(connection.Shard, connection.Handle, PollDirection.Write)
    {
        internal ValueTask Start(CancellationToken cancellationToken)
        {
            SysResult result = TryConnect();
            if (!result.IsError)
            {
                connection.CountOpened();
                return default;
            }

            if (!IsUnderWay(result))
            {
                return ValueTask.FromException(Error(result.Errno));
            }

            Arm();
            Begin(cancellationToken);
            return VoidFuture;
        }

        /// <remarks>
        /// Calling connect again tells everything: done, failed and why, or still under way because the readiness was a
        /// false hint.
        /// </remarks>
        protected override void Attempt(int pollResult)
        {
            SysResult result = pollResult < 0 ? SysResult.Failure(-pollResult) : TryConnect();
            if (!result.IsError)
            {
                connection.CountOpened();
                Complete(true);
            }
            else if (IsUnderWay(result))
            {
                Arm();
            }
            else
            {
                Fail(Error(result.Errno));
            }
        }

        private static bool IsUnderWay(SysResult result) =>
            result.Errno == LibC.EINPROGRESS || result.Errno == LibC.EALREADY || result.Errno == LibC.EINTR;

        private SysResult TryConnect()
        {
            SysResult result = connection.Count(Sockets.Connect(connection.Fd, connection._remoteAddress));
            return result.Errno == LibC.EISCONN ? new SysResult(0, 0) : result;
        }

        private SocketException Error(int errno) => SocketErrors.From($"connect to {connection.RemoteEndPoint}", errno);
    }
}
