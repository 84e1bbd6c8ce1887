using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Xunit.Abstractions;

namespace Reactor.Net.Tests.Tcp;

/// <summary>
/// Thousands of connects, many at a time, to lists of addresses that answer, refuse, are out of reach or keep silent, with
/// every delay, with time limits and cancellations at any moment. What each does follows from the seed and its number.
/// <c>REACTOR_HAMMER_CONNECTS</c> makes it longer, <c>REACTOR_HAMMER_SEED</c> makes it another.
/// </summary>
[Collection(Alone.Name)]
public sealed class ConnectHammerTests(ITestOutputHelper output) : ShardTest
{
    private const int AtATime = 16;

    private readonly ConcurrentDictionary<string, int> _outcomes = new();
    private readonly List<Socket> _listeners = [];
    private IPEndPoint[] _silent = null!;
    private IPEndPoint[] _refused = null!;
    private int _accepted;
    private int _ended;

    [Fact]
    public async Task Whatever_becomes_of_the_addresses_one_connection_is_left_or_none()
    {
        int connects = Setting("REACTOR_HAMMER_CONNECTS", 3_000);
        int seed = Setting("REACTOR_HAMMER_SEED", 20_250_202);
        output.WriteLine($"{connects} connects, seed {seed}");
        using var silent = new FullBacklog();
        using var alsoSilent = new FullBacklog(IPAddress.IPv6Loopback);
        using var refused = new RefusedPort();
        using var alsoRefused = new RefusedPort(IPAddress.IPv6Loopback);
        _silent = [silent.EndPoint, alsoSilent.EndPoint];
        _refused = [refused.EndPoint, alsoRefused.EndPoint, new IPEndPoint(IPAddress.Broadcast, 9)];
        Task[] accepting = [ListenAsync(IPAddress.Loopback), ListenAsync(IPAddress.Loopback), ListenAsync(IPAddress.IPv6Loopback)];
        await OnShard(async () =>
        {
            // What .NET's sockets open once for the process is open before the descriptors are counted.
            (await TcpConnector.ConnectAsync((IPEndPoint)_listeners[0].LocalEndPoint!)).Abort();
        });
        await Eventually.IsEqualAsync(1, () => Volatile.Read(ref _ended), "peers that have ended");
        int descriptors = ProcessState.SettledDescriptorCount();
        int next = 0;

        await Shard.InvokeAsync(() => Task.WhenAll(Enumerable.Range(0, AtATime).Select(async _ =>
        {
            while (++next <= connects)
            {
                await ConnectOneAsync(new Random(unchecked((seed * 1_000_003) + next)));
            }
        }))).AsTask().WaitAsync(TimeSpan.FromMinutes(5));

        output.WriteLine($"{string.Join(", ", _outcomes.Select(outcome => $"{outcome.Key}: {outcome.Value}"))}; accepted: {_accepted}");
        await Eventually.IsTrueAsync(() => Shard.HoldsOnly(1), "the shard holds nothing but its wake-up");
        Assert.Equal(0, Shard.GetStatistics().TimersArmed);
        Assert.Equal(0, Shard.GetStatistics().Connections);
        await Eventually.IsEqualAsync(descriptors, () => ProcessState.DescriptorCount, "descriptors of the process");
        _listeners.ForEach(listener => listener.Dispose());
        await Task.WhenAll(accepting).WaitAsync(Eventually.Promptly);
        await Eventually.IsEqualAsync(Volatile.Read(ref _accepted), () => Volatile.Read(ref _ended), "peers that have seen the end of their connection");
        Assert.InRange(_accepted, _outcomes["connected"] + 1, int.MaxValue);
        Assert.Equal(connects, _outcomes.Values.Sum());
    }

    [Fact]
    public async Task A_stop_at_any_moment_ends_every_connect_and_look_up()
    {
        int seed = Setting("REACTOR_HAMMER_SEED", 20_250_202);
        output.WriteLine($"seed {seed}");
        var random = new Random(seed);
        using var silent = new FullBacklog();
        using var refused = new RefusedPort();
        using Socket listener = Peers.Create(Peers.AnyLoopbackPort);
        listener.Bind(Peers.AnyLoopbackPort);
        listener.Listen(10_000);
        IPEndPoint[] all = [silent.EndPoint, refused.EndPoint, (IPEndPoint)listener.LocalEndPoint!];
        for (int round = 0; round < 50; round++)
        {
            ReactorOptions hostOptions = Hosts.Options(1);
            hostOptions.UseSynchronizationContext = random.Next(2) == 0;
            await using ReactorHost host = ReactorHost.Start(hostOptions);
            Shard shard = host.Shards[0];
            int turns = random.Next(20);
            List<Task<TcpConnection>> connecting = [];
            await shard.InvokeAsync(async () =>
            {
                for (int i = 0; i < 20; i++)
                {
                    var options = new TcpConnectorOptions
                    {
                        AttemptDelay = random.Next(2) == 0 ? TimeSpan.Zero : TimeSpan.FromMilliseconds(1),
                        ConnectTimeout = TimeSpan.FromHours(1),
                        Resolver = random.Next(2) == 0 ? HostResolver.Default : TestResolver.Of(new TaskCompletionSource<IReadOnlyList<IPAddress>>().Task),
                    };
                    connecting.Add(random.Next(2) == 0
                        ? TcpConnector.ConnectAsync("localhost", random.GetItems(all, 1)[0].Port, options).AsTask()
                        : TcpConnector.ConnectAsync(random.GetItems(all, 3), options).AsTask());
                }

                for (int i = 0; i < turns; i++)
                {
                    await NextTurn();
                }
            });

            await host.StopAsync().WaitAsync(Eventually.Promptly);

            foreach (Task<TcpConnection> one in connecting)
            {
                try
                {
                    // The shard has aborted it.
                    Assert.True((await one.WaitAsync(Eventually.Promptly)).IsClosed);
                }
                catch (SocketException exception)
                {
                    Assert.True(exception.SocketErrorCode is SocketError.OperationAborted or SocketError.ConnectionRefused, exception.ToString());
                }
            }

            await Eventually.IsEqualAsync(0, () => shard.GetStatistics().TimersArmed, "timers");
        }
    }

    private async Task ConnectOneAsync(Random random)
    {
        IPEndPoint[] answering = [.. _listeners.Select(listener => (IPEndPoint)listener.LocalEndPoint!)];
        IPEndPoint[] all = [.. answering, .. _silent, .. _refused];
        IPEndPoint[] tried = random.GetItems(all, random.Next(1, 7));
        var options = new TcpConnectorOptions
        {
            AttemptDelay = random.Next(3) switch
            {
                0 => TimeSpan.Zero,
                1 => TimeSpan.FromMilliseconds(random.Next(1, 4)),
                _ => Timeout.InfiniteTimeSpan,
            },
        };
        bool isReached = tried.Intersect(answering).Any() && (options.AttemptDelay != Timeout.InfiniteTimeSpan || Array.FindIndex(tried, answering.Contains) < FirstSilent(tried));
        bool fails = !tried.Intersect(answering).Any() && FirstSilent(tried) == int.MaxValue;
        if (!(isReached || fails) || random.Next(4) == 0)
        {
            options.ConnectTimeout = TimeSpan.FromMilliseconds(random.Next(1, 20));
        }

        // Not disposed here: it may still be about to be cancelled from the thread pool.
        var cancellation = new CancellationTokenSource();
        ValueTask<TcpConnection> connecting = TcpConnector.ConnectAsync(tried, options, cancellation.Token);
        await MayCancelAsync(cancellation, random);
        string outcome;
        try
        {
            TcpConnection connection = await connecting;
            Assert.Same(Shard, Reactor.Shard.Current);
            Assert.Contains(connection.RemoteEndPoint, answering.Intersect(tried));
            if (random.Next(2) == 0)
            {
                await connection.SendAsync("x"u8.ToArray());
            }

            connection.Abort();
            outcome = "connected";
        }
        catch (OperationCanceledException)
        {
            Assert.True(cancellation.IsCancellationRequested);
            outcome = "cancelled";
        }
        catch (TcpConnectException exception) when (exception.SocketErrorCode == SocketError.TimedOut)
        {
            Assert.NotEqual(Timeout.InfiniteTimeSpan, options.ConnectTimeout);
            outcome = "timed out";
        }
        catch (TcpConnectException exception)
        {
            Assert.True(fails, exception.Message);
            Assert.Equal(tried.Length, exception.Errors.Count);
            outcome = "failed";
        }

        _outcomes.AddOrUpdate(outcome, 1, static (_, count) => count + 1);
    }

    private int FirstSilent(IPEndPoint[] tried) => Array.FindIndex(tried, _silent.Contains) is >= 0 and var first ? first : int.MaxValue;

    private static async Task MayCancelAsync(CancellationTokenSource cancellation, Random random)
    {
        switch (random.Next(8))
        {
            case 0:
                cancellation.Cancel();
                break;
            case 1:
                ThreadPool.UnsafeQueueUserWorkItem(static cancellation => ((CancellationTokenSource)cancellation!).Cancel(), cancellation);
                break;
            case 2:
                cancellation.CancelAfter(random.Next(5));
                break;
            case 3:
                for (int i = random.Next(6); i > 0; i--)
                {
                    await NextTurn();
                }

                cancellation.Cancel();
                break;
        }
    }

    /// <summary>Accepts, and lets each peer go when it sees the end.</summary>
    private async Task ListenAsync(IPAddress address)
    {
        var any = new IPEndPoint(address, 0);
        Socket listener = Peers.Create(any);
        _listeners.Add(listener);
        listener.Bind(any);
        listener.Listen(1_024);
        try
        {
            while (true)
            {
                Socket peer = await listener.AcceptAsync().ConfigureAwait(false);
                Interlocked.Increment(ref _accepted);
                _ = AwaitEndAsync(peer);
            }
        }
        catch (SocketException)
        {
            // Disposed.
        }
        catch (ObjectDisposedException)
        {
        }
    }

    private async Task AwaitEndAsync(Socket peer)
    {
        using (peer)
        {
            try
            {
                while (await peer.ReceiveAsync(new byte[16]).ConfigureAwait(false) > 0)
                {
                }
            }
            catch (SocketException)
            {
                // Reset.
            }
        }

        Interlocked.Increment(ref _ended);
    }

    private static int Setting(string name, int otherwise) =>
        int.TryParse(Environment.GetEnvironmentVariable(name), NumberStyles.None, CultureInfo.InvariantCulture, out int value) ? value : otherwise;
}
