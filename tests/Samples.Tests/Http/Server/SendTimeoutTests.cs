using System.Net.Sockets;
using Reactor.Samples.Http;

namespace Reactor.Samples.Tests.Http.Server;

public sealed class SendTimeoutTests : ServerTest
{
    private protected override HttpTimeouts Timeouts => new()
    {
        Tick = TimeSpan.FromMilliseconds(20),
        Send = TimeSpan.FromMilliseconds(200),
    };

    [Fact]
    public void A_client_that_does_not_read_is_reset_after_a_while()
    {
        RawClient slow = Connect(receiveBufferSize: 4096);
        byte[] request = LargeRequest();
        Assert.Throws<SocketException>(() =>
        {
            // The server goes on receiving as long as the kernel takes its answers, then no longer, and then it resets.
            // (Which error that is, .NET's blocking send does not tell reliably.)
            for (int i = 0; i < 1000; i++)
            {
                slow.Send(request);
            }
        });
        AwaitNoConnections();
    }
}
