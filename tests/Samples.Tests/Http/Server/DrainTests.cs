using System.Net.Sockets;

namespace Reactor.Samples.Tests.Http.Server;

public sealed class DrainOnOneShardTests() : DrainTests(1);

public sealed class DrainOnTwoShardsTests() : DrainTests(2);

/// <summary>The end of the server: what is idle ends, what is under way is answered, on all shards.</summary>
public abstract class DrainTests(int shards) : ServerTest
{
    private protected override int ShardCount => shards;

    [Fact]
    public async Task Idle_connections_end_at_once()
    {
        RawClient fresh = Connect();
        RawClient used = Connect();
        used.Ask(Get("/plaintext"));
        Eventually.Until(() => Running.Connections == 2, "two connections");
        await Running.StopAsync(CancellationToken.None).WaitAsync(Eventually.Deadline);
        fresh.ExpectEnd();
        used.ExpectEnd();
    }

    [Fact]
    public async Task A_connection_that_is_idle_after_a_full_buffer_ends_at_once()
    {
        RawClient client = Connect();
        client.Send(RequestOfLength(BufferSize));
        Assert.Equal(200, client.Read().Status);
        await AwaitTurnsAsync();
        await Running.StopAsync(CancellationToken.None).WaitAsync(Eventually.Deadline);
        client.ExpectEnd();
    }

    [Theory]
    [InlineData("GET /plaintext HTTP/1.1\r\nHos", "t: h\r\n\r\n", "Hello, World!")]
    [InlineData("POST /echo HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhel", "lo\r\n0\r\n\r\n", "hello")]
    [InlineData("GET /plaintext HTTP/1.1\r\nHost: h\r\nContent-Length: 10\r\n\r\nhello", "hello", "Hello, World!")]
    public async Task A_request_under_way_is_answered_and_told_that_it_is_the_last(string beginning, string rest, string answer)
    {
        RawClient client = Connect();
        SendAndAwaitReceipt(client, beginning);
        Task stopping = Running.StopAsync(CancellationToken.None);
        await AwaitTurnsAsync();
        Assert.False(stopping.IsCompleted);
        Response response = client.Ask(rest);
        Assert.Equal((200, answer, "close"), (response.Status, response.Text, response.Connection));
        client.ExpectEnd();
        client.Finish();
        await stopping.WaitAsync(Eventually.Deadline);
    }

    [Fact]
    public async Task An_echo_that_has_begun_is_completed_and_the_connection_ends()
    {
        RawClient client = Connect();
        client.Send("POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 10\r\n\r\nhello");
        Assert.Equal("10", client.ReadHead()["Content-Length"]);
        Task stopping = Running.StopAsync(CancellationToken.None);
        await AwaitTurnsAsync();
        client.Send("world");
        Assert.Equal("helloworld"u8, client.ReadToEnd());
        client.Finish();
        await stopping.WaitAsync(Eventually.Deadline);
    }

    [Fact]
    public async Task New_connections_are_refused_meanwhile()
    {
        RawClient client = Connect();
        SendAndAwaitReceipt(client, "GET /plaintext HTTP/1.1\r\n");
        Task stopping = Running.StopAsync(CancellationToken.None);
        await AwaitTurnsAsync();
        SocketException exception = Assert.Throws<SocketException>(() => Connect());
        Assert.Equal(SocketError.ConnectionRefused, exception.SocketErrorCode);
        Assert.Equal("Hello, World!", client.Ask("Host: h\r\n\r\n").Text);
        client.Finish();
        await stopping.WaitAsync(Eventually.Deadline);
    }

    [Fact]
    public async Task What_is_not_done_at_the_deadline_is_reset()
    {
        RawClient client = Connect();
        SendAndAwaitReceipt(client, "GET /plaintext HTTP/1.1\r\n");
        using var deadline = new CancellationTokenSource();
        Task stopping = Running.StopAsync(deadline.Token);
        await AwaitTurnsAsync();
        await deadline.CancelAsync();
        await stopping.WaitAsync(Eventually.Deadline);
        client.ExpectReset();
    }

    [Fact]
    public async Task Stopping_under_load_answers_every_request_that_it_takes()
    {
        RawClient[] connections = [.. Enumerable.Range(0, 8).Select(_ => Connect())];
        Task<int>[] clients = [.. connections.Select(client => Task.Run(() => AskUntilLast(client)))];
        Eventually.Until(() => Running.Requests > 1000, "a thousand requests");
        await Running.StopAsync(CancellationToken.None).WaitAsync(Eventually.Deadline);
        Assert.True((await Task.WhenAll(clients)).Sum() > 1000);

        static int AskUntilLast(RawClient client)
        {
            for (int asked = 1; ; asked++)
            {
                try
                {
                    client.Send(Get("/plaintext"));
                }
                catch (SocketException)
                {
                    return asked;
                }

                if (!CanRead(client))
                {
                    // It ended between two requests, and this one crossed with its end.
                    return asked;
                }

                Response response = client.Read();
                if (response.Connection == "close")
                {
                    client.ExpectEnd();
                    return asked;
                }
            }
        }

        static bool CanRead(RawClient client)
        {
            try
            {
                return client.Socket.Receive(new byte[1], SocketFlags.Peek) > 0;
            }
            catch (SocketException)
            {
                return false;
            }
        }
    }

    [Fact]
    public async Task Aborting_under_load_is_no_unhandled_exception()
    {
        RawClient[] connections = [.. Enumerable.Range(0, 8).Select(_ => Connect())];
        Task[] clients = [.. connections.Select(client => Task.Run(() => AskUntilReset(client)))];
        Eventually.Until(() => Running.Requests > 1000, "a thousand requests");
        await Running.StopAsync(new CancellationToken(canceled: true)).WaitAsync(Eventually.Deadline);
        await Task.WhenAll(clients).WaitAsync(Eventually.Deadline);

        static void AskUntilReset(RawClient client)
        {
            try
            {
                while (true)
                {
                    client.Ask(Get("/plaintext"));
                }
            }
            catch (Exception exception) when (exception is SocketException or EndOfStreamException)
            {
                // The server has gone.
            }
        }
    }

    private static void SendAndAwaitReceipt(RawClient client, string text)
    {
        client.Send(text);
        TcpQueues.AwaitReceipt(client.Socket);
    }
}
