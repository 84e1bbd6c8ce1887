using System.Net;
using System.Net.Sockets;

namespace Reactor.Net.Tests.Proxy;

/// <summary>Receiving a header from a connection, whole or in pieces, and not a byte more.</summary>
public sealed class HeaderReceiveTests : ShardTest
{
    private static readonly byte[] s_line = ProxyBytes.Latin1(ProxyBytes.TcpLine);
    private static readonly byte[] s_binary = ProxyBytes.WithChecksum(0x21, 0x11, [.. ProxyBytes.Addresses4, .. ProxyBytes.Tlv(2, "example.com"u8.ToArray())]);
    private static readonly byte[] s_data = "PROXY \r\n\r\n and what else a client may say"u8.ToArray();

    public static TheoryData<byte[]> Headers => [s_line, s_binary];

    [Theory]
    [MemberData(nameof(Headers))]
    public Task What_comes_behind_the_header_is_for_the_next_receive(byte[] header) => OnShard(async () =>
    {
        using Pair pair = await Pair.AcceptAsync();
        await pair.Peer.SendAllAsync((byte[])[.. header, .. s_data]);

        await AssertReceivesAsync(pair);
        await AssertReceivesDataAsync(pair);
    });

    [Theory]
    [MemberData(nameof(Headers))]
    public Task A_header_may_come_in_two_pieces_cut_anywhere(byte[] header) => OnShard(async () =>
    {
        for (int cut = 1; cut < header.Length; cut++)
        {
            using Pair pair = await Pair.AcceptAsync();
            long before = Shard.GetStatistics().BytesReceived;
            ValueTask<ProxyHeader> receiving = ProxyHeader.ReceiveAsync(pair.Ours);
            await pair.Peer.SendAllAsync(header.AsMemory(0, cut));

            // It is taken at once, so that the socket is not ready all the time until the rest comes.
            await Eventually.IsEqualAsync(before + cut, () => Shard.GetStatistics().BytesReceived, "what was taken");
            Assert.False(receiving.IsCompleted);
            await pair.Peer.SendAllAsync((byte[])[.. header[cut..], .. s_data]);

            AssertTells(await receiving, pair);
            await AssertReceivesDataAsync(pair);
        }
    });

    [Theory]
    [MemberData(nameof(Headers))]
    public Task A_header_may_come_byte_by_byte(byte[] header) => OnShard(async () =>
    {
        using Pair pair = await Pair.AcceptAsync();
        long before = Shard.GetStatistics().BytesReceived;
        ValueTask<ProxyHeader> receiving = ProxyHeader.ReceiveAsync(pair.Ours);
        for (int i = 0; i < header.Length; i++)
        {
            await pair.Peer.SendAllAsync(header.AsMemory(i, 1));
            await Eventually.IsEqualAsync(before + i + 1, () => Shard.GetStatistics().BytesReceived, "what was taken");
        }

        AssertTells(await receiving, pair);
        await pair.Peer.SendAllAsync(s_data);
        await AssertReceivesDataAsync(pair);
    });

    [Fact]
    public Task The_longest_header_that_can_be_arrives() => OnShard(async () =>
    {
        using Pair pair = await Pair.AcceptAsync();
        byte[] header = ProxyBytes.Tcp4(ProxyBytes.Tlv(0xE0, Payload.Random(65_535 - 12 - 3)));
        Task sending = pair.Peer.SendAllAsync((byte[])[.. header, .. s_data]);

        ProxyHeader received = await ProxyHeader.ReceiveAsync(pair.Ours, new ProxyProtocolOptions { MaxLength = 65_551 });

        await sending;
        Assert.Equal(header[28..], received.Tlvs.Raw.ToArray());
        await AssertReceivesDataAsync(pair);
    });

    [Fact]
    public Task Connections_over_which_a_proxy_speaks_for_itself_have_their_peer_as_client() => OnShard(async () =>
    {
        foreach (byte[] header in new[] { ProxyHeader.FormatV2Local(), "PROXY UNKNOWN\r\n"u8.ToArray() })
        {
            using Pair pair = await Pair.AcceptAsync();
            await pair.Peer.SendAllAsync(header);

            await ProxyHeader.ReceiveAsync(pair.Ours);

            Assert.NotNull(pair.Ours.ProxyHeader);
            Assert.Equal(pair.Peer.LocalEndPoint, pair.Ours.ClientEndPoint);
        }
    });

    [Fact]
    public Task A_connection_without_a_header_has_its_peer_as_client() => OnShard(async () =>
    {
        using Pair pair = await Pair.AcceptAsync();

        Assert.Null(pair.Ours.ProxyHeader);
        Assert.Equal(pair.Peer.LocalEndPoint, pair.Ours.ClientEndPoint);
    });

    [Theory]
    [InlineData("GET / HTTP/1.1\r\n\r\n", ProxyHeaderError.NotAHeader)]
    [InlineData("PROXY TCP4 1.2.3.4 5.6.7.8 1 2 3\r\n", ProxyHeaderError.BadDestinationPort)]
    public Task What_is_no_header_is_refused_and_the_connection_is_left_to_its_user(string sent, ProxyHeaderError error) => OnShard(async () =>
    {
        using Pair pair = await Pair.AcceptAsync();
        await pair.Peer.SendAllAsync(ProxyBytes.Latin1(sent));

        ProxyHeaderException refusal = await AssertRefusedAsync(pair, error);

        Assert.Contains($"{pair.Peer.LocalEndPoint}", refusal.Message, StringComparison.Ordinal);
        Assert.False(pair.Ours.IsClosed);
        Assert.Null(pair.Ours.ProxyHeader);
    });

    [Fact]
    public Task A_header_that_is_too_long_is_refused_before_it_has_come() => OnShard(async () =>
    {
        using Pair pair = await Pair.AcceptAsync();
        await pair.Peer.SendAllAsync(ProxyBytes.Binary(0x21, 0x11, [], length: 5_000));

        ProxyHeaderException refusal = await AssertRefusedAsync(pair, ProxyHeaderError.TooLong);
        Assert.Contains("4096 bytes", refusal.Message, StringComparison.Ordinal);
    });

    [Theory]
    [InlineData(0)]
    [InlineData(5)]
    [InlineData(20)]
    public Task A_peer_that_finishes_too_early_is_refused(int sent) => OnShard(async () =>
    {
        using Pair pair = await Pair.AcceptAsync();
        await pair.Peer.SendAllAsync(s_line.AsMemory(0, sent));
        pair.Peer.ShutdownSend();

        await AssertRefusedAsync(pair, ProxyHeaderError.Ended);
    });

    [Theory]
    [InlineData(0)]
    [InlineData(5)]
    [InlineData(20)]
    public Task A_peer_that_is_too_slow_is_refused(int sent) => OnShard(async () =>
    {
        using Pair pair = await Pair.AcceptAsync();
        await pair.Peer.SendAllAsync(s_binary.AsMemory(0, sent));

        ProxyHeaderException refusal = await AssertRefusedAsync(pair, ProxyHeaderError.TimedOut, new ProxyProtocolOptions { Timeout = TimeSpan.FromMilliseconds(30) });
        Assert.Contains("00:00:00.03", refusal.Message, StringComparison.Ordinal);
    });

    [Fact]
    public Task A_peer_that_resets_is_an_error_of_the_connection() => OnShard(async () =>
    {
        using Pair pair = await Pair.AcceptAsync();
        long before = Shard.GetStatistics().BytesReceived;
        ValueTask<ProxyHeader> receiving = ProxyHeader.ReceiveAsync(pair.Ours);
        await pair.Peer.SendAllAsync(s_line.AsMemory(0, 7));
        await Eventually.IsEqualAsync(before + 7, () => Shard.GetStatistics().BytesReceived, "what was taken");
        pair.Peer.Reset();

        SocketException failure = await Assert.ThrowsAsync<SocketException>(() => receiving.AsTask());
        Assert.Equal(SocketError.ConnectionReset, failure.SocketErrorCode);
    });

    [Fact]
    public Task Closing_meanwhile_ends_the_wait() => OnShard(async () =>
    {
        using Pair pair = await Pair.AcceptAsync();
        ValueTask<ProxyHeader> receiving = ProxyHeader.ReceiveAsync(pair.Ours);

        pair.Ours.Close();

        SocketException failure = await Assert.ThrowsAsync<SocketException>(() => receiving.AsTask());
        Assert.Equal(SocketError.OperationAborted, failure.SocketErrorCode);
    });

    [Fact]
    public Task A_token_ends_the_wait() => OnShard(async () =>
    {
        using Pair pair = await Pair.AcceptAsync();
        using var cancellation = new CancellationTokenSource();
        ValueTask<ProxyHeader> receiving = ProxyHeader.ReceiveAsync(pair.Ours, cancellationToken: cancellation.Token);

        await cancellation.CancelAsync();

        OperationCanceledException end = await Assert.ThrowsAnyAsync<OperationCanceledException>(() => receiving.AsTask());
        Assert.Equal(cancellation.Token, end.CancellationToken);
    });

    [Theory]
    [InlineData("127.0.0.0/8", true)]
    [InlineData("10.0.0.0/8", false)]
    [InlineData("::/0", false)]
    public Task Only_proxies_from_the_networks_that_are_named_are_believed(string network, bool trusted) => OnShard(async () =>
    {
        foreach (IPEndPoint endPoint in new[] { Peers.AnyLoopbackPort, new IPEndPoint(IPAddress.IPv6Any, 0) })
        {
            using Pair pair = await ConnectOverIPv4Async(endPoint);
            await pair.Peer.SendAllAsync(s_line);
            var options = new ProxyProtocolOptions { TrustedProxies = [IPNetwork.Parse("192.0.2.0/24"), IPNetwork.Parse(network)] };

            // The IPv6 form of an IPv4 address is also an IPv6 address.
            if (trusted || (network == "::/0" && endPoint.AddressFamily == AddressFamily.InterNetworkV6))
            {
                AssertTells(await ProxyHeader.ReceiveAsync(pair.Ours, options), pair);
            }
            else
            {
                await AssertRefusedAsync(pair, ProxyHeaderError.NotTrusted, options);
            }
        }
    });

    [Fact]
    public Task Options_that_cannot_be_met_are_refused() => OnShard(async () =>
    {
        using Pair pair = await Pair.AcceptAsync();
        foreach ((ProxyProtocolOptions options, string message) in new[]
        {
            (new ProxyProtocolOptions { Timeout = TimeSpan.Zero }, "ProxyProtocolOptions.Timeout is 00:00:00:"),
            (new ProxyProtocolOptions { Timeout = TimeSpan.MaxValue }, $"ProxyProtocolOptions.Timeout is {TimeSpan.MaxValue}:"),
            (new ProxyProtocolOptions { MaxLength = 15 }, "ProxyProtocolOptions.MaxLength is 15:"),
            (new ProxyProtocolOptions { MaxLength = 65_552 }, "ProxyProtocolOptions.MaxLength is 65552:"),
        })
        {
            ArgumentException refusal = await Assert.ThrowsAsync<ArgumentException>(() => ProxyHeader.ReceiveAsync(pair.Ours, options).AsTask());
            Assert.StartsWith(message, refusal.Message, StringComparison.Ordinal);
        }
    });

    private static async Task<Pair> ConnectOverIPv4Async(IPEndPoint endPoint) =>
        await Pair.AcceptAsync(endPoint: endPoint, connectTo: static bound => new IPEndPoint(IPAddress.Loopback, bound.Port));

    private static async Task AssertReceivesAsync(Pair pair) => AssertTells(await ProxyHeader.ReceiveAsync(pair.Ours), pair);

    private static void AssertTells(ProxyHeader header, Pair pair)
    {
        Assert.Same(header, pair.Ours.ProxyHeader);
        Assert.Equal(IPEndPoint.Parse("192.168.0.1:56324"), header.Source);
        Assert.Equal(header.Source, pair.Ours.ClientEndPoint);
        Assert.Equal(((IPEndPoint)pair.Peer.LocalEndPoint!).Port, pair.Ours.RemoteEndPoint!.Port);
    }

    private static async Task<ProxyHeaderException> AssertRefusedAsync(Pair pair, ProxyHeaderError error, ProxyProtocolOptions? options = null)
    {
        ProxyHeaderException refusal = await Assert.ThrowsAsync<ProxyHeaderException>(() => ProxyHeader.ReceiveAsync(pair.Ours, options).AsTask());
        Assert.Equal(error, refusal.Error);
        return refusal;
    }

    private static async Task AssertReceivesDataAsync(Pair pair)
    {
        byte[] received = new byte[s_data.Length];
        for (int count = 0; count < received.Length;)
        {
            int more = await pair.Ours.ReceiveAsync(received.AsMemory(count));
            Assert.NotEqual(0, more);
            count += more;
        }

        Assert.Equal(s_data, received);
    }
}
