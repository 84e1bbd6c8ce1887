using System.Text;
using Reactor.Samples.Http;

namespace Reactor.Samples.Tests.Http.Server;

/// <summary>In steady state the shard allocates nothing: not in the loop, not in the connection, not in the protocol.</summary>
public sealed class ServerAllocationTests : ServerTest
{
    private const int Windows = 5;
    private const int RequestsPerWindow = 10_000;

    // The clock allocates a little for each tick; here it never ticks.
    private protected override HttpTimeouts Timeouts => new() { Tick = TimeSpan.FromHours(1) };

    [Theory]
    [InlineData("/plaintext", 1)]
    [InlineData("/json", 1)]
    [InlineData("/plaintext", 16)]
    [InlineData("/nowhere", 16)]
    public void A_GET_allocates_nothing(string path, int depth) => AssertAllocatesNothing(Get(path), depth);

    [Theory]
    [InlineData("POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nhello", 1)]
    [InlineData("POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nhello", 16)]
    public void An_echo_of_a_counted_body_allocates_nothing(string request, int depth) => AssertAllocatesNothing(request, depth);

    [Theory]
    [InlineData("HEAD / HTTP/1.1\r\nHost: h\r\n\r\n")]
    [InlineData("OPTIONS / HTTP/1.1\r\nHost: h\r\n\r\n")]
    [InlineData("GET / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n\r\n")]
    public void Other_requests_allocate_nothing(string request) => AssertAllocatesNothing(request, depth: 1);

    [Fact]
    public void A_request_in_two_pieces_allocates_nothing() => AssertAllocatesNothing(Post("/echo", "hello"), depth: 1, pieces: 2);

    private void AssertAllocatesNothing(string request, int depth, int pieces = 1)
    {
        RawClient client = Connect();
        byte[] batch = Encoding.ASCII.GetBytes(string.Concat(Enumerable.Repeat(request, depth)));
        client.Send(batch);
        byte[] answers = new byte[depth * AnswerLength(request)];
        client.ReadExactly(answers);
        Assert.Equal(depth + 1, Running.Requests);

        // Warm: code compiled, pools filled.
        Serve(1_000);
        long[] samples = [.. Enumerable.Range(0, 10).Select(_ => AllocatedOnShard())];
        long samplingCost = samples[^1] - samples[^2];
        var windows = new List<long>();
        for (int i = 0; i < Windows; i++)
        {
            long before = AllocatedOnShard();
            Serve(RequestsPerWindow / depth);
            windows.Add(AllocatedOnShard() - before - samplingCost);
        }

        Assert.True(windows.Contains(0), $"bytes allocated in windows of {RequestsPerWindow} requests: {string.Join(", ", windows)}; sampling costs {samplingCost}");

        void Serve(int batches)
        {
            int piece = batch.Length / pieces;
            for (int i = 0; i < batches; i++)
            {
                for (int sent = 0; sent < batch.Length;)
                {
                    int size = Math.Min(piece, batch.Length - sent);
                    client.Send(batch.AsSpan(sent, size));
                    sent += size;
                    if (sent < batch.Length)
                    {
                        AllocatedOnShard();
                    }
                }

                client.ReadExactly(answers);
            }
        }
    }

    private int AnswerLength(string request)
    {
        using var client = new RawClient(Running.EndPoint);
        client.Send(request);
        Response response = client.Read(isHead: request.StartsWith("HEAD", StringComparison.Ordinal));
        int head = $"HTTP/1.1 {response.Status} {response.Reason}\r\n\r\n".Length + response.Headers.Sum(header => header.Key.Length + header.Value.Length + ": \r\n".Length);
        return head + response.Body.Length;
    }

    /// <summary>A reading that costs the shard nothing but a turn: it writes to a field that this thread looks at.</summary>
    private long AllocatedOnShard()
    {
        long allocated = -1;
        Host.Shards[0].Post(() => Volatile.Write(ref allocated, GC.GetAllocatedBytesForCurrentThread()));
        Assert.True(SpinWait.SpinUntil(() => Volatile.Read(ref allocated) >= 0, Eventually.Deadline), "The shard does not answer.");
        return allocated;
    }
}
