using Microsoft.Extensions.Logging;

namespace Reactor.Net.Kestrel;

/// <summary>
/// What is logged in the category "Reactor.Net.Kestrel". Of connections, numbers and names are those of Kestrel's own sockets,
/// so that who looks for them finds them; from 100 on they are our own. docs/hosting.md lists them.
/// </summary>
internal static partial class TransportLog
{
    internal const string Category = "Reactor.Net.Kestrel";

    [LoggerMessage(4, LogLevel.Debug, "Connection id \"{ConnectionId}\" paused.", EventName = "ConnectionPause")]
    internal static partial void ConnectionPause(ILogger logger, string connectionId);

    [LoggerMessage(5, LogLevel.Debug, "Connection id \"{ConnectionId}\" resumed.", EventName = "ConnectionResume")]
    internal static partial void ConnectionResume(ILogger logger, string connectionId);

    [LoggerMessage(6, LogLevel.Debug, "Connection id \"{ConnectionId}\" received FIN.", EventName = "ConnectionReadFin")]
    internal static partial void ConnectionReadFin(ILogger logger, string connectionId);

    [LoggerMessage(7, LogLevel.Debug, "Connection id \"{ConnectionId}\" sending FIN because: \"{Reason}\"", EventName = "ConnectionWriteFin")]
    internal static partial void ConnectionWriteFin(ILogger logger, string connectionId, string reason);

    [LoggerMessage(8, LogLevel.Debug, "Connection id \"{ConnectionId}\" sending RST because: \"{Reason}\"", EventName = "ConnectionWriteRst")]
    internal static partial void ConnectionWriteRst(ILogger logger, string connectionId, string reason);

    [LoggerMessage(14, LogLevel.Debug, "Connection id \"{ConnectionId}\" communication error.", EventName = "ConnectionError")]
    internal static partial void ConnectionError(ILogger logger, string connectionId, Exception exception);

    [LoggerMessage(19, LogLevel.Debug, "Connection id \"{ConnectionId}\" reset.", EventName = "ConnectionReset")]
    internal static partial void ConnectionReset(ILogger logger, string connectionId);

    [LoggerMessage(100, LogLevel.Warning, "There are no shards, so Kestrel's connections are served by its own sockets: {Reason}", EventName = "NoShards")]
    internal static partial void NoShards(ILogger logger, string reason);

    [LoggerMessage(101, LogLevel.Error, "Connection id \"{ConnectionId}\": a callback of its ConnectionClosed token failed.", EventName = "ClosedCallbackFailed")]
    internal static partial void ClosedCallbackFailed(ILogger logger, string connectionId, Exception exception);
}
