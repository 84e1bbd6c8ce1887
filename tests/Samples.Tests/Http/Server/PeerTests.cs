using System.Net.Sockets;

namespace Reactor.Samples.Tests.Http.Server;

/// <summary>Peers that go, or that stop reading.</summary>
public sealed class PeerTests : ServerTest
{
    [Fact]
    public void A_client_that_has_finished_sending_gets_its_answer()
    {
        foreach (string request in new[] { Get("/plaintext"), Post("/echo", "Hello, World!"), PostChunked("/", "d\r\nHello, World!\r\n0\r\n\r\n") })
        {
            RawClient client = Connect();
            client.Send(request);
            client.Finish();
            Assert.Equal("Hello, World!", client.Read().Text);
            client.ExpectEnd();
        }

        AwaitNoConnections();
    }

    [Theory]
    [InlineData("")]
    [InlineData("GET / HT")]
    [InlineData("POST /echo HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhe")]
    public void A_client_that_finishes_in_the_middle_gets_an_end_and_no_answer(string beginning)
    {
        RawClient client = Connect();
        client.Send(beginning);
        client.Finish();
        client.ExpectEnd();
        AwaitNoConnections();
    }

    [Fact]
    public void A_counted_echo_that_the_client_breaks_off_is_broken_off()
    {
        RawClient client = Connect();
        client.Send("POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 10\r\n\r\nhello");
        client.Finish();
        Assert.Equal("10", client.ReadHead()["Content-Length"]);
        Assert.Equal("hello"u8, client.ReadToEnd());
        AwaitNoConnections();
    }

    [Theory]
    [InlineData("")]
    [InlineData("GET / HT")]
    [InlineData("POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 10\r\n\r\nhello")]
    [InlineData("POST /echo HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhe")]
    [InlineData("GET / HTTP/1.1\r\n\r\n")]
    [InlineData("GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n")]
    public void A_client_that_resets_leaves_no_trace(string beginning)
    {
        for (int i = 0; i < 20; i++)
        {
            using RawClient client = Connect();
            client.Send(beginning);
            client.Reset();
        }

        AwaitNoConnections();
        Assert.Equal("Hello, World!", Connect().Ask(Get("/plaintext")).Text);
    }

    [Fact]
    public void A_client_that_resets_in_the_middle_of_an_answer_leaves_no_trace()
    {
        for (int i = 0; i < 5; i++)
        {
            using RawClient client = ConnectWithPendingAnswer();
            client.Reset();
        }

        AwaitNoConnections();
        Assert.Equal("Hello, World!", Connect().Ask(Get("/plaintext")).Text);
    }

    [Fact]
    public void A_client_that_does_not_read_hinders_nobody()
    {
        RawClient slow = ConnectWithPendingAnswer();
        RawClient other = Connect();
        for (int i = 0; i < 100; i++)
        {
            Assert.Equal("Hello, World!", other.Ask(Get("/plaintext")).Text);
        }

        slow.Reset();
    }

    [Fact]
    public void Many_connections_are_served_side_by_side()
    {
        RawClient[] clients = [.. Enumerable.Range(0, 200).Select(_ => Connect())];
        for (int round = 0; round < 3; round++)
        {
            for (int i = 0; i < clients.Length; i++)
            {
                clients[i].Send(Post("/echo", $"{round} {i}"));
            }

            for (int i = clients.Length - 1; i >= 0; i--)
            {
                Assert.Equal($"{round} {i}", clients[i].Read().Text);
            }
        }

        Assert.Equal(clients.Length, Running.Connections);
    }

    /// <summary>A client with a small window that reads nothing and has asked until the server took no more.</summary>
    private RawClient ConnectWithPendingAnswer()
    {
        RawClient client = Connect(receiveBufferSize: 4096);
        client.Socket.Blocking = false;
        byte[] request = LargeRequest();
        for (int i = 0; i < 16; i++)
        {
            ReadOnlySpan<byte> rest = request;
            while (!rest.IsEmpty)
            {
                if (!client.Socket.Poll(100_000, SelectMode.SelectWrite))
                {
                    return client;
                }

                rest = rest[client.Socket.Send(rest)..];
            }
        }

        throw new InvalidOperationException("The server went on receiving although its answers were not read.");
    }
}
