namespace Reactor.Samples.Tests.Http;

/// <summary>Where a connection stands when its bytes are used up.</summary>
internal enum Ending
{
    /// <summary>Between two requests.</summary>
    Idle,

    /// <summary>In the middle of a request.</summary>
    Incomplete,

    /// <summary>After a request that was the last.</summary>
    Closed,

    /// <summary>After an error.</summary>
    Refused,
}
