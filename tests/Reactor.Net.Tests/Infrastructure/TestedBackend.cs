namespace Reactor.Net.Tests;

/// <summary>The backend that this assembly's hosts use. Reactor.Net.Epoll.Tests has the same tests with the other one.</summary>
internal static class TestedBackend
{
#if EPOLL
    internal const BackendKind Kind = BackendKind.Epoll;
#else
    internal const BackendKind Kind = BackendKind.LinuxAio;
#endif
}
