using System.Net.Sockets;
using Reactor.Samples.Tests.Http.Server;

namespace Reactor.Samples.Tests.Processes;

public sealed class HttpProcessTests
{
    private const string Request = "GET /plaintext HTTP/1.1\r\nHost: h\r\n\r\n";

    /// <summary>Far below the time that draining may take when somebody has to be waited for.</summary>
    private static readonly TimeSpan s_quickly = TimeSpan.FromSeconds(4);

    [Fact]
    public void The_ready_line_is_all_that_is_written_to_a_file()
    {
        using SampleProcess sample = SampleProcess.Serve("Http");
        using (var client = new RawClient(sample.EndPoint))
        {
            client.Ask(Request);
        }

        sample.Signal(SampleProcess.SIGTERM);
        Assert.Equal(0, sample.WaitForExit());
        Assert.Equal($"listening on http://127.0.0.1:{sample.EndPoint.Port}\n", sample.Output);
        Assert.Equal("", sample.Complaints);
    }

    [Theory]
    [InlineData(SampleProcess.SIGTERM)]
    [InlineData(SampleProcess.SIGINT)]
    public void A_signal_ends_it_quickly_although_connections_are_open(int signal)
    {
        using SampleProcess sample = SampleProcess.Serve("Http");
        using var fresh = new RawClient(sample.EndPoint);
        using var used = new RawClient(sample.EndPoint);
        used.Ask(Request);
        sample.Signal(signal);
        Assert.Equal(0, sample.WaitForExit(s_quickly));
        fresh.ExpectEnd();
        used.ExpectEnd();
        Assert.Equal("", sample.Complaints);
    }

    [Theory]
    [InlineData("GET /plaintext HTTP/1.1\r\nHo", "st: h\r\n\r\n", "Hello, World!")]
    [InlineData("POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhel", "lo\r\n0\r\n\r\n", "hello")]
    public void A_request_under_way_is_answered_before_it_ends(string beginning, string rest, string answer)
    {
        using SampleProcess sample = SampleProcess.Serve("Http");
        using var client = new RawClient(sample.EndPoint);
        client.Send(beginning);
        TcpQueues.AwaitReceipt(client.Socket);
        sample.Signal(SampleProcess.SIGTERM);
        AwaitRefusal(sample);
        Response response = client.Ask(rest);
        Assert.Equal((200, answer, "close"), (response.Status, response.Text, response.Connection));
        client.ExpectEnd();
        client.Finish();
        Assert.Equal(0, sample.WaitForExit(s_quickly));
    }

    [Fact]
    public void A_second_signal_cuts_the_draining_short()
    {
        using SampleProcess sample = SampleProcess.Serve("Http");
        using var client = new RawClient(sample.EndPoint);
        client.Send("GET /plaintext");
        TcpQueues.AwaitReceipt(client.Socket);
        sample.Signal(SampleProcess.SIGINT);
        AwaitRefusal(sample);
        sample.Signal(SampleProcess.SIGINT);
        Assert.Equal(0, sample.WaitForExit(s_quickly));
        client.ExpectReset();
    }

    [Fact]
    public void It_accepts_again_after_it_was_out_of_descriptors()
    {
        const int Limit = 150;
        using SampleProcess sample = SampleProcess.ServeWithDescriptors("Http", Limit);
        RawClient[] clients = [.. Enumerable.Range(0, 2 * Limit).Select(_ => new RawClient(sample.EndPoint))];
        Eventually.Until(() => sample.HasExited || sample.Error.Contains("ulimit -n", StringComparison.Ordinal), "a word about the limit");
        Assert.False(sample.HasExited, sample.Error);
        Assert.Equal(200, clients[0].Ask(Request).Status);
        Array.ForEach(clients, client => client.Dispose());
        using (var another = new RawClient(sample.EndPoint))
        {
            Assert.Equal(200, another.Ask(Request).Status);
        }

        sample.Signal(SampleProcess.SIGTERM);
        Assert.Equal(0, sample.WaitForExit(s_quickly));
    }

    [Fact]
    public void Nothing_in_the_process_uses_epoll()
    {
        using SampleProcess sample = SampleProcess.Serve("Http");
        using var client = new RawClient(sample.EndPoint);
        client.Ask(Request);
        IReadOnlyList<string> descriptors = ReactorThread.DescriptorsOf(sample);
        Assert.Contains(descriptors, target => target.StartsWith("socket:", StringComparison.Ordinal));
        Assert.DoesNotContain(descriptors, target => target.Contains("eventpoll", StringComparison.Ordinal));
    }

    /// <summary>Waits until the process has stopped listening.</summary>
    private static void AwaitRefusal(SampleProcess sample) => Eventually.Until(
        () =>
        {
            using var attempt = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            try
            {
                attempt.Connect(sample.EndPoint);
                return false;
            }
            catch (SocketException exception)
            {
                return exception.SocketErrorCode == SocketError.ConnectionRefused;
            }
        },
        "new connections refused");
}
