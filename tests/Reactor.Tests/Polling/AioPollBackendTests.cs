using Reactor.Polling;
using Reactor.Tests.Support;

namespace Reactor.Tests.Polling;

/// <summary>The backend as it is.</summary>
public sealed class AioPollBackendTests : OneShotPollBackendTests
{
    internal override PollBackend Create(int places) => new AioPollBackend(Contexts.Create(places + 1));
}

/// <summary>The same on a kernel whose ring is not understood, so that every harvest is a system call.</summary>
public sealed class AioPollBackendWithoutRingTests : OneShotPollBackendTests
{
    internal override PollBackend Create(int places) => new AioPollBackend(Contexts.Create(places + 1, useRing: false));
}
