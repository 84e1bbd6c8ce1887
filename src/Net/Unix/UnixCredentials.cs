namespace Reactor.Net;

/// <summary>
/// Who is at the other end of a Unix domain socket, told by the kernel and not by the peer (SO_PEERCRED): as it was when the
/// peer connected, began to listen, or made the pair.
/// </summary>
/// <param name="ProcessId">
/// The process that did so; the socket may be another's by now, and so may the number when that process has ended. 0 when it
/// cannot be seen from here, because it is in another PID namespace.
/// </param>
/// <param name="UserId">Its effective user.</param>
/// <param name="GroupId">Its effective group.</param>
public readonly record struct UnixCredentials(int ProcessId, uint UserId, uint GroupId);
