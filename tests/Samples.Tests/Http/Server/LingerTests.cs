using System.Text;
using Reactor.Samples.Http;

namespace Reactor.Samples.Tests.Http.Server;

/// <summary>
/// After its last answer the server takes what still comes until the client has finished, so that no RST overtakes the
/// answer. How long it has patience is so much here that it never runs out.
/// </summary>
public sealed class LingerTests : ServerTest
{
    private static readonly TimeSpan s_limit = TimeSpan.FromMilliseconds(100);

    private protected override HttpTimeouts Timeouts => new()
    {
        Tick = TimeSpan.FromMilliseconds(20),
        Head = s_limit,
        Body = s_limit,
        Linger = TimeSpan.FromMinutes(1),
    };

    [Theory]
    [InlineData("GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n", 200)]
    [InlineData("GET / HTTP/1.0\r\n\r\n", 200)]
    [InlineData("GET / HTTP/1.1\r\n\r\n", 400)]
    [InlineData("POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 99999999\r\n\r\n", 413)]
    [InlineData("GET / HTTP/1.1\r\nX: ", 408)]
    [InlineData("POST /echo HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhe", 408)]
    public async Task A_client_that_goes_on_sending_is_not_reset(string request, int status)
    {
        RawClient client = Connect();
        client.Send(request);
        Assert.Equal(status, client.Read().Status);
        client.ExpectEnd();
        for (int i = 0; i < 3; i++)
        {
            client.Send(Encoding.ASCII.GetBytes("This crosses with the last answer."));
            await AwaitTurnsAsync();
        }

        client.Finish();
        AwaitNoConnections();
    }
}
