using System.Diagnostics;
using System.Text;
using Reactor.Samples.Http;

namespace Reactor.Samples.Tests.Http.Server;

public sealed class TimeoutTests : ServerTest
{
    private static readonly TimeSpan s_limit = TimeSpan.FromMilliseconds(200);

    private protected override HttpTimeouts Timeouts => new()
    {
        Tick = TimeSpan.FromMilliseconds(20),
        Idle = s_limit,
        Head = s_limit,
        Body = s_limit,
        Linger = s_limit,
    };

    [Fact]
    public void A_connection_that_asks_nothing_is_closed_in_good_order()
    {
        Connect().ExpectEnd();
        AwaitNoConnections();
    }

    [Fact]
    public void A_connection_that_asks_nothing_more_is_closed_in_good_order()
    {
        RawClient client = Connect();
        client.Ask(Get("/plaintext"));
        client.ExpectEnd();
        AwaitNoConnections();
    }

    [Fact]
    public void A_connection_that_asks_nothing_more_after_a_full_buffer_is_closed_in_good_order()
    {
        // The receive that fills its buffer makes the next one likely to find something; here it does not.
        RawClient client = Connect();
        client.Send(RequestOfLength(BufferSize));
        Assert.Equal(200, client.Read().Status);
        client.ExpectEnd();
        AwaitNoConnections();
    }

    [Fact]
    public void A_connection_that_keeps_asking_stays()
    {
        RawClient client = Connect();
        long start = Stopwatch.GetTimestamp();
        while (Stopwatch.GetElapsedTime(start) < 3 * s_limit)
        {
            Assert.Null(client.Ask(Get("/plaintext")).Connection);
        }
    }

    [Fact]
    public void A_head_that_does_not_come_gets_408()
    {
        RawClient client = Connect();
        client.Send("GET / HTTP/1.1\r\n");
        AssertTimedOut(client.Read());
        client.ExpectEnd();
        AwaitNoConnections();
    }

    [Fact]
    public void A_head_that_trickles_gets_408()
    {
        RawClient client = Connect();
        client.Send("GET / HTTP/1.1\r\nX: ");
        Trickle(client, "x");
        AssertTimedOut(client.Read());
    }

    [Fact]
    public void A_chunked_body_that_stops_gets_408()
    {
        RawClient client = Connect();
        client.Send(PostChunked("/echo", "5\r\nhe"));
        AssertTimedOut(client.Read());
        client.ExpectEnd();
    }

    [Fact]
    public void A_body_that_nobody_wants_and_that_stops_gets_408()
    {
        RawClient client = Connect();
        client.Send("POST /nowhere HTTP/1.1\r\nHost: h\r\nContent-Length: 10\r\n\r\nhello");
        AssertTimedOut(client.Read());
        client.ExpectEnd();
    }

    [Fact]
    public void A_client_that_never_sends_the_body_it_was_asked_for_gets_408()
    {
        RawClient client = Connect();
        client.Send(PostChunked("/echo", "", "Expect: 100-continue\r\n"));
        Assert.Equal(100, client.Read().Status);
        AssertTimedOut(client.Read());
    }

    [Fact]
    public void An_echo_that_has_begun_and_stops_is_broken_off_without_foreign_bytes_in_it()
    {
        RawClient client = Connect();
        client.Send("POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 1000\r\n\r\nhello");
        Assert.Equal("1000", client.ReadHead()["Content-Length"]);
        var body = new StringBuilder();
        try
        {
            body.Append(Encoding.Latin1.GetString(client.ReadToEnd()));
        }
        catch (System.Net.Sockets.SocketException)
        {
            // A reset is a good way to say that the answer is not whole.
            body.Append("hello");
        }

        Assert.Equal("hello", body.ToString());
        AwaitNoConnections();
    }

    [Fact]
    public void A_body_may_take_its_time_as_long_as_it_comes()
    {
        RawClient client = Connect();
        client.Send(PostChunked("/echo", ""));
        int sent = 0;
        long start = Stopwatch.GetTimestamp();
        while (Stopwatch.GetElapsedTime(start) < 3 * s_limit)
        {
            client.Send("1\r\nx\r\n");
            sent++;
            client.Socket.Poll(10_000, System.Net.Sockets.SelectMode.SelectRead);
        }

        client.Send("0\r\n\r\n");
        Assert.Equal(new string('x', sent), client.Read().Text);
    }

    [Fact]
    public void Answers_in_front_of_a_timed_out_request_arrive()
    {
        RawClient client = Connect();
        client.Send(Get("/plaintext") + Get("/json") + "GET /la");
        Assert.Equal("Hello, World!", client.Read().Text);
        Assert.Equal(200, client.Read().Status);
        AssertTimedOut(client.Read());
        client.ExpectEnd();
    }

    [Fact]
    public void A_client_that_never_closes_its_side_is_let_go()
    {
        RawClient client = Connect();
        Assert.Equal("close", client.Ask(Get("/", "Connection: close\r\n")).Connection);
        client.ExpectEnd();
        AwaitNoConnections();
    }

    [Fact]
    public void A_client_that_sends_without_end_after_the_last_answer_is_let_go()
    {
        RawClient client = Connect();
        Assert.Equal("close", client.Ask(Get("/", "Connection: close\r\n")).Connection);
        byte[] more = Payload(10_000);
        Assert.Throws<System.Net.Sockets.SocketException>(() =>
        {
            long start = Stopwatch.GetTimestamp();
            while (Stopwatch.GetElapsedTime(start) < Eventually.Deadline)
            {
                client.Send(more);
            }
        });
        AwaitNoConnections();
    }

    [Fact]
    public void A_slow_reader_gets_all_of_the_last_answer()
    {
        // The answer is in the kernel's buffers and the server has nothing left to do but linger, while the client has not
        // read a byte of it.
        byte[] payload = Payload(300_000);
        RawClient client = Connect(receiveBufferSize: 4096);
        client.Send([.. Encoding.Latin1.GetBytes(PostChunked("/echo", "", "Connection: close\r\n")), .. ChunksOf(payload, () => 100_000)]);
        AwaitNoConnections();
        Response response = client.Read();
        Assert.True(response.Body.AsSpan().SequenceEqual(payload));
        client.ExpectEnd();
    }

    private static void AssertTimedOut(Response response) =>
        Assert.Equal((408, "Request Timeout", "close"), (response.Status, response.Reason, response.Connection));

    /// <summary>Sends the text again and again, far more often than the limit, until something comes back.</summary>
    private static void Trickle(RawClient client, string text)
    {
        long start = Stopwatch.GetTimestamp();
        while (!client.Socket.Poll(5_000, System.Net.Sockets.SelectMode.SelectRead))
        {
            Assert.True(Stopwatch.GetElapsedTime(start) < Eventually.Deadline, "The server put up with a trickle.");
            client.Send(text);
        }
    }
}
