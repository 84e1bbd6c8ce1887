using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Threading.Channels;
using Reactor.Tests.Support;

namespace Reactor.Tests.Scheduling;

/// <summary>After an await, whatever was awaited and however it ended, code is back on its shard; not on another one either.</summary>
public sealed class AwaitAffinityTests : IAsyncLifetime
{
    private readonly TestHost _host = TestHost.Many(2);

    /// <summary>What user code awaits: each entry awaits something that ends on a foreign thread, or later, or badly.</summary>
    public static TheoryData<string, int> Awaits()
    {
        var data = new TheoryData<string, int>();
        foreach (string name in s_awaits.Keys)
        {
            data.Add(name, 0);
            data.Add(name, 1);
        }

        return data;
    }

    private static readonly Dictionary<string, Func<IReadOnlyList<Shard>, Task>> s_awaits = new()
    {
        ["Task.Run"] = async _ => await Task.Run(static () => Thread.Sleep(1)),
        ["Task.Delay"] = async _ => await Task.Delay(1),
        ["Task.Yield"] = async _ => await Task.Yield(),
        ["Task.WhenAny"] = async _ => await Task.WhenAny(Task.Delay(1), Task.Delay(1000)),
        ["a thrown and caught exception"] = async _ => await Assert.ThrowsAsync<TimeZoneNotFoundException>(() => Task.Run(static void () => throw new TimeZoneNotFoundException())),
        ["a cancelled await"] = async _ => await Assert.ThrowsAnyAsync<OperationCanceledException>(CancelledAsync),
        ["a reader of a channel"] = async _ => Assert.Equal(1, await Written().ReadAsync()),
        ["await foreach"] = async _ => Assert.Equal(3, await CountAsync()),
        ["await using"] = AwaitUsingAsync,
        ["HttpClient"] = async _ => await AskAsync(),
        ["a call to the other shard"] = async shards => await shards.First(shard => !shard.IsOnShard).InvokeAsync(static () => Task.Delay(1)),
        ["a delay of the shard"] = async _ => await Shard.Delay(TimeSpan.FromMilliseconds(1)),
        ["a delay by the shard's TimeProvider"] = async _ => await Task.Delay(TimeSpan.FromMilliseconds(1), Shard.Current!.TimeProvider),
    };

    [Theory]
    [MemberData(nameof(Awaits))]
    public async Task Code_is_back_on_its_shard_after(string awaited, int shard)
    {
        Shard home = _host.Shards[shard];
        await TestHost.On(home, async () =>
        {
            for (int i = 0; i < 3; i++)
            {
                await s_awaits[awaited](_host.Shards);
                Assert.Same(home, Shard.Current);
            }
        });
    }

    [Fact]
    public async Task ConfigureAwait_false_on_a_foreign_task_leaves_the_shard()
    {
        await TestHost.On(_host.Shards[1], async () =>
        {
            await Task.Run(static () => Thread.Sleep(1)).ConfigureAwait(false);
            Assert.Null(Shard.Current);
        });
    }

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync() => await _host.DisposeAsync();

    private static async Task CancelledAsync()
    {
        using var cancellation = new CancellationTokenSource(TimeSpan.FromMilliseconds(1));
        await Task.Delay(Timeout.Infinite, cancellation.Token);
    }

    private static ChannelReader<int> Written()
    {
        var channel = Channel.CreateUnbounded<int>();
        _ = Task.Run(async () =>
        {
            await Task.Delay(1);
            channel.Writer.TryWrite(1);
        });
        return channel.Reader;
    }

    private static async Task<int> CountAsync()
    {
        Shard? home = Shard.Current;
        int count = 0;
        await foreach (int _ in Items())
        {
            Assert.Same(home, Shard.Current);
            count++;
        }

        return count;

        static async IAsyncEnumerable<int> Items()
        {
            for (int i = 0; i < 3; i++)
            {
                await Task.Delay(1).ConfigureAwait(false);
                yield return i;
            }
        }
    }

    private static async Task AwaitUsingAsync(IReadOnlyList<Shard> shards)
    {
        await using var resource = new Resource();
    }

    /// <summary>Asks a server that answers once, in a thread of its own.</summary>
    private static async Task AskAsync()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        Task serving = Task.Run(async () =>
        {
            using TcpClient peer = await listener.AcceptTcpClientAsync();
            byte[] request = new byte[4096];
            Assert.True(await peer.GetStream().ReadAsync(request) > 0);
            await peer.GetStream().WriteAsync(Encoding.ASCII.GetBytes("HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nhi"));
        });
        using var client = new HttpClient();
        Assert.Equal("hi", await client.GetStringAsync(new Uri($"http://{listener.LocalEndpoint}/")));
        await serving;
    }

    private sealed class Resource : IAsyncDisposable
    {
        public async ValueTask DisposeAsync() => await Task.Delay(1).ConfigureAwait(false);
    }
}
