using Reactor.Polling;

namespace Reactor.Tests.Polling;

public sealed class EpollPollBackendTests : PollBackendTests
{
    internal override PollBackend Create(int places) => new EpollPollBackend();
}
