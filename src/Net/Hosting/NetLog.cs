using System.Net;
using Microsoft.Extensions.Logging;

namespace Reactor.Net.Hosting;

/// <summary>What is logged in the category "Reactor.Net". The numbers of events are for good: docs/hosting.md lists them.</summary>
internal static partial class NetLog
{
    internal const string Category = "Reactor.Net";

    [LoggerMessage(1, LogLevel.Information, "Server '{Server}' listens on {EndPoints}.", EventName = "Listening")]
    internal static partial void Listening(ILogger logger, string server, string endPoints);

    [LoggerMessage(2, LogLevel.Information, "Server '{Server}' has stopped.", EventName = "Stopped")]
    internal static partial void Stopped(ILogger logger, string server);

    [LoggerMessage(3, LogLevel.Critical, "Server '{Server}' could not be started: {Reason}", EventName = "StartFailed")]
    internal static partial void StartFailed(ILogger logger, string server, string reason, Exception exception);

    [LoggerMessage(4, LogLevel.Error, "Server '{Server}': the handler of the connection with {Peer} failed, and the connection was reset.", EventName = "HandlerFailed")]
    internal static partial void HandlerFailed(ILogger logger, string server, EndPoint? peer, Exception exception);

    [LoggerMessage(5, LogLevel.Warning, "Server '{Server}' does without {EndPoint}: {Reason}", EventName = "AddressSkipped")]
    internal static partial void AddressSkipped(ILogger logger, string server, EndPoint endPoint, string reason);

    [LoggerMessage(6, LogLevel.Warning, "Server '{Server}' aborts {Connections} connections that have not ended by its deadline.", EventName = "Aborting")]
    internal static partial void Aborting(ILogger logger, string server, long connections);

    [LoggerMessage(7, LogLevel.Error, "Server '{Server}' has not stopped by the host's deadline: a shard is blocked by its code.", EventName = "LeftBehind")]
    internal static partial void LeftBehind(ILogger logger, string server);

    [LoggerMessage(8, LogLevel.Error, "Server '{Server}': the services of the connection with {Peer} could not be disposed.", EventName = "DisposalFailed")]
    internal static partial void DisposalFailed(ILogger logger, string server, EndPoint? peer, Exception exception);

    [LoggerMessage(10, LogLevel.Debug, "Server '{Server}': no TLS with {Peer}: {Reason}", EventName = "HandshakeFailed")]
    internal static partial void HandshakeFailed(ILogger logger, string server, EndPoint? peer, string reason);

    [LoggerMessage(11, LogLevel.Error, "Server '{Server}': the handler of the socket of {Shard} failed, and the socket was closed.", EventName = "SocketHandlerFailed")]
    internal static partial void SocketHandlerFailed(ILogger logger, string server, Shard shard, Exception exception);

    [LoggerMessage(9, LogLevel.Warning, "{Section} in the configuration is for no server of the application: known are {Servers}.", EventName = "UnknownServer")]
    internal static partial void UnknownServer(ILogger logger, string section, string servers);
}
