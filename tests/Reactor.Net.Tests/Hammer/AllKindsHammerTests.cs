using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Net.Sockets;
using Reactor.Net.Tests.Streams;
using Xunit.Abstractions;

namespace Reactor.Net.Tests.Hammer;

/// <summary>
/// All kinds of sockets at once, with more of them than there are polls: TCP and Unix connections within a shard and between
/// shards, used directly, as pipes and as streams, and datagrams; opened and closed, reset and half-closed, read slowly and
/// cancelled. Each conversation follows from the seed and its number. <c>REACTOR_HAMMER_CONVERSATIONS</c> makes it longer
/// (a million for an evening), <c>REACTOR_HAMMER_SEED</c> makes it another.
/// </summary>
[Collection(Alone.Name)]
public sealed class AllKindsHammerTests(ITestOutputHelper output) : IDisposable
{
    private const int AtATime = 150;

    private readonly ConcurrentQueue<Exception> _unhandled = new();
    private readonly BlockCounter _blocks = new();
    private readonly string _folder = Directory.CreateTempSubdirectory("reactor-hammer-").FullName;

    private enum Kind
    {
        Tcp,
        TcpBetweenShards,
        UnixPair,
        UnixPath,
        UnixAbstractBetweenShards,
        Udp,
        UnixDatagram,
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task Whatever_they_go_through_nothing_is_left_of_them_and_no_byte_is_lost()
    {
        int conversations = Setting("REACTOR_HAMMER_CONVERSATIONS", 10_000);
        int seed = Setting("REACTOR_HAMMER_SEED", Environment.TickCount & 0xFFFFFF);
        output.WriteLine($"{conversations} conversations, REACTOR_HAMMER_SEED={seed}");
        ReactorOptions options = Hosts.Options(shards: 2, pollBudget: 64);
        options.UnhandledException = (_, exception) => _unhandled.Enqueue(exception);
        ReactorHost host = ReactorHost.Start(options);
        await RunAsync(host, Kind.Tcp, seed);
        int descriptors = ProcessState.SettledDescriptorCount();
        int next = 0;
        int[] kinds = new int[Enum.GetValues<Kind>().Length];
        long start = Stopwatch.GetTimestamp();

        await Task.WhenAll(Enumerable.Range(0, AtATime).Select(_ => Task.Run(async () =>
        {
            while (Interlocked.Increment(ref next) is var number && number <= conversations)
            {
                int own = unchecked((seed * 1_000_003) + (number * 101)) & 0x3FFFFFFF;
                var kind = (Kind)new Random(own).Next(kinds.Length);
                Interlocked.Increment(ref kinds[(int)kind]);
                try
                {
                    await RunAsync(host, kind, own).WaitAsync(Eventually.Patience);
                }
                catch (Exception failure)
                {
                    throw new InvalidOperationException($"conversation {number} of {kind}, seed {seed}: {failure.Message}", failure);
                }
            }
        })));

        output.WriteLine($"{Stopwatch.GetElapsedTime(start).TotalSeconds:F1} s; {string.Join(", ", Enum.GetValues<Kind>().Select(kind => $"{kind} {kinds[(int)kind]}"))}");
        output.WriteLine(string.Join(Environment.NewLine, host.Shards.Select(shard => shard.GetStatistics())));
        await Eventually.IsTrueAsync(() => host.Shards.All(shard => shard.HoldsOnly(1)), "the shards hold nothing but their wake-ups");
        Assert.All(host.Shards, shard => Assert.Equal((0, 0), (shard.GetStatistics().PollsOverflowing, shard.GetStatistics().TimersArmed)));
        Assert.All(host.Shards, shard => Assert.Equal(0, shard.GetStatistics().Connections));
        if (host.Shards[0].Backend == BackendKind.LinuxAio)
        {
            Assert.All(host.Shards, shard => Assert.NotEqual(0, shard.GetStatistics().Overflows));
        }

        // The sets of those beyond the budget were opened after the count.
        int sets = host.Shards.Count(shard => shard.GetStatistics().Overflows > 0);
        await Eventually.IsTrueAsync(() => ProcessState.DescriptorCount <= descriptors + sets, "no descriptor is left");
        Assert.Equal(0, _blocks.Rented);
        Assert.Empty(_unhandled);
        Assert.Empty(Directory.EnumerateFileSystemEntries(_folder));
        await host.StopAsync().WaitAsync(Eventually.Patience);
    }

    private Task RunAsync(ReactorHost host, Kind kind, int seed)
    {
        Shard first = host.Shards[seed % host.Shards.Count];
        Shard second = host.Shards[(seed + 1) % host.Shards.Count];
        return kind switch
        {
            Kind.Tcp => RunTcpAsync(first, first, seed),
            Kind.TcpBetweenShards => RunTcpAsync(first, second, seed),
            Kind.UnixPath => RunUnixAsync(first, first, seed, new UnixDomainSocketEndPoint(Path.Combine(_folder, $"{seed:x}"))),
            Kind.UnixAbstractBetweenShards => RunUnixAsync(first, second, seed, new UnixDomainSocketEndPoint($"\0reactor-hammer-{Environment.ProcessId}-{seed:x}")),
            Kind.UnixPair => first.InvokeAsync(() => RunPairAsync(seed)).AsTask(),
            Kind.Udp => first.InvokeAsync(() => RunUdpAsync(seed)).AsTask(),
            _ => first.InvokeAsync(() => RunUnixDatagramAsync(seed)).AsTask(),
        };
    }

    private Task RunTcpAsync(Shard first, Shard second, int seed) => RunAsync(
        first,
        second,
        seed,
        static () => TcpConnectionListener.Listen(Peers.AnyLoopbackPort, new TcpListenerOptions { Connection = { SendBufferSize = 16 * 1024, ReceiveBufferSize = 16 * 1024 } }),
        static listener => listener.LocalEndPoint,
        static (listener, _) => listener.AcceptAsync(),
        static async endPoint => await TcpConnector.ConnectAsync(endPoint));

    private Task RunUnixAsync(Shard first, Shard second, int seed, UnixDomainSocketEndPoint name) => RunAsync(
        first,
        second,
        seed,
        () => UnixConnectionListener.Listen(name, new UnixListenerOptions { Connection = { SendBufferSize = 16 * 1024 } }),
        static listener => listener.LocalEndPoint,
        static (listener, _) => listener.AcceptAsync(),
        static async endPoint => await UnixConnector.ConnectAsync(endPoint));

    /// <summary>One shard listens and accepts, the other connects; then each talks at its end.</summary>
    private async Task RunAsync<TListener, TEndPoint, TConnection>(
        Shard first,
        Shard second,
        int seed,
        Func<TListener> listen,
        Func<TListener, TEndPoint> endPointOf,
        Func<TListener, int, ValueTask<TConnection>> acceptAsync,
        Func<TEndPoint, Task<TConnection>> connectAsync)
        where TListener : IDisposable
        where TConnection : StreamConnection
    {
        var conversation = new StreamConversation(seed, _blocks);
        TListener listener = await second.InvokeAsync(listen);
        TEndPoint endPoint = endPointOf(listener);
        Task<StreamConversation.Outcome> accepted = second.InvokeAsync(async () =>
        {
            TConnection connection;
            using (listener)
            {
                connection = await acceptAsync(listener, seed);
            }

            return await conversation.RunSecondAsync(connection);
        }).AsTask();
        Task<StreamConversation.Outcome> connected = first.InvokeAsync(async () => await conversation.RunFirstAsync(await connectAsync(endPoint))).AsTask();
        await Task.WhenAll(accepted, connected);
        conversation.Check(await connected, await accepted);
    }

    private async Task RunPairAsync(int seed)
    {
        var conversation = new StreamConversation(seed, _blocks);
        (UnixConnection first, UnixConnection second) = UnixConnection.CreatePair(new UnixConnectionOptions { SendBufferSize = 16 * 1024 });
        StreamConversation.Outcome[] outcomes = await Task.WhenAll(conversation.RunFirstAsync(first), conversation.RunSecondAsync(second));
        conversation.Check(outcomes[0], outcomes[1]);
    }

    private static Task RunUdpAsync(int seed)
    {
        UdpSocket first;
        using (UdpSocket place = UdpSocket.Bind(Peers.AnyLoopbackPort))
        {
            // Two sockets that know each other's ports from the start: the second's is found first, and taken again.
            first = UdpSocket.Connect(place.LocalEndPoint);
        }

        UdpSocket second = UdpSocket.Connect(first.LocalEndPoint, localEndPoint: first.RemoteEndPoint);
        return DatagramConversation.RunAsync(new DatagramConversation.Udp(first), new DatagramConversation.Udp(second), seed);
    }

    private static Task RunUnixDatagramAsync(int seed)
    {
        (UnixDatagramSocket first, UnixDatagramSocket second) = UnixDatagramSocket.CreatePair();
        return DatagramConversation.RunAsync(new DatagramConversation.Unix(first), new DatagramConversation.Unix(second), seed);
    }

    private static int Setting(string name, int otherwise) =>
        int.TryParse(Environment.GetEnvironmentVariable(name), NumberStyles.None, CultureInfo.InvariantCulture, out int value) ? value : otherwise;
}
