using System.Net.Sockets;
using System.Security.Cryptography;
using Reactor.Samples.Tests.Http.Server;

namespace Reactor.Samples.Tests.Processes;

public sealed class EchoProcessTests : IDisposable
{
    private readonly SampleProcess _sample = SampleProcess.Serve("Echo");

    public void Dispose() => _sample.Dispose();

    [Fact]
    public void The_ready_line_names_the_endpoint()
    {
        Assert.Equal($"listening on tcp://127.0.0.1:{_sample.EndPoint.Port}\n", _sample.Output);
    }

    [Fact]
    public void What_is_sent_comes_back()
    {
        using var client = new RawClient(_sample.EndPoint);
        foreach (string word in new[] { "a", "bc", "def" })
        {
            client.Send(word);
            byte[] back = new byte[word.Length];
            client.ReadExactly(back);
            Assert.Equal(word, System.Text.Encoding.ASCII.GetString(back));
        }
    }

    [Fact]
    public void A_client_that_has_finished_sending_gets_all_of_it_and_then_the_end()
    {
        using var client = new RawClient(_sample.EndPoint);
        client.Send("the last words");
        client.Finish();
        Assert.Equal("the last words"u8, client.ReadToEnd());
    }

    [Fact]
    public void A_client_that_sends_nothing_gets_the_end_for_its_own()
    {
        using var client = new RawClient(_sample.EndPoint);
        client.Finish();
        client.ExpectEnd();
    }

    [Fact]
    public async Task A_large_transfer_comes_back_unchanged()
    {
        const int Pieces = 1_000;
        using var client = new RawClient(_sample.EndPoint);
        Task<byte[]> sending = Task.Run(() =>
        {
            using var sent = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
            byte[] piece = new byte[65_537];
            var random = new Random(1);
            for (int i = 0; i < Pieces; i++)
            {
                random.NextBytes(piece);
                sent.AppendData(piece);
                client.Send(piece);
            }

            client.Finish();
            return sent.GetHashAndReset();
        });
        byte[] received = await Task.Run(() => SHA256.HashData(new NetworkStream(client.Socket)));
        Assert.Equal(await sending, received);
    }

    [Fact]
    public void Resets_leave_it_serving()
    {
        for (int i = 0; i < 50; i++)
        {
            using var reset = new RawClient(_sample.EndPoint);
            reset.Send("gone");
            reset.Reset();
        }

        using var client = new RawClient(_sample.EndPoint);
        client.Send("here");
        client.Finish();
        Assert.Equal("here"u8, client.ReadToEnd());
        Assert.Equal("", _sample.Complaints);
    }

    [Theory]
    [InlineData(SampleProcess.SIGTERM)]
    [InlineData(SampleProcess.SIGINT)]
    public void A_signal_ends_it_with_the_connections_in_good_order(int signal)
    {
        using var client = new RawClient(_sample.EndPoint);
        client.Send("a");
        client.ReadExactly(new byte[1]);
        _sample.Signal(signal);
        Assert.Equal(0, _sample.WaitForExit(TimeSpan.FromSeconds(4)));
        client.ExpectEnd();
        Assert.Equal("", _sample.Complaints);
    }
}
