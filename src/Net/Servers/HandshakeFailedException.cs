namespace Reactor.Net;

/// <summary>A peer that could not, or would not, agree on how to talk: what peers may do all day, and so no failure of a handler.</summary>
internal sealed class HandshakeFailedException(string message, Exception reason) : IOException(message, reason);
