using Microsoft.Extensions.Logging;

namespace Reactor.Hosting;

/// <summary>What is logged in the category "Reactor". The numbers of events are for good: docs/hosting.md lists them.</summary>
internal static partial class ReactorLog
{
    internal const string Category = "Reactor";

    [LoggerMessage(1, LogLevel.Information, "{Message}", EventName = "Told")]
    internal static partial void Told(ILogger logger, string message);

    [LoggerMessage(2, LogLevel.Information, "{Shards} shards have stopped.", EventName = "Stopped")]
    internal static partial void Stopped(ILogger logger, int shards);

    [LoggerMessage(3, LogLevel.Critical, "The shards could not be started: {Reason}", EventName = "StartFailed")]
    internal static partial void StartFailed(ILogger logger, string reason, Exception exception);

    [LoggerMessage(4, LogLevel.Error, "{Shard}: an exception that nobody awaits.", EventName = "UnhandledException")]
    internal static partial void UnhandledException(ILogger logger, Shard shard, Exception exception);

    [LoggerMessage(5, LogLevel.Warning, "{Report}", EventName = "Stalled")]
    internal static partial void Stalled(ILogger logger, StallReport report);

    [LoggerMessage(6, LogLevel.Error, "{Service} was disposed with an exception.", EventName = "DisposalFailed")]
    internal static partial void DisposalFailed(ILogger logger, string service, Exception exception);

    [LoggerMessage(7, LogLevel.Error, "Not all shards have stopped by the host's deadline, and those are left to the end of the process: {Shards}.", EventName = "LeftBehind")]
    internal static partial void LeftBehind(ILogger logger, string shards);
}
