using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;

namespace Reactor.Net.Tests.Dns;

/// <summary>The system's resolver, and its threads with a look-up in its place that blocks for as long as the test likes.</summary>
public sealed class SystemHostResolverTests : ShardTest
{
    private static readonly TimeSpan s_long = Eventually.Patience;

    private readonly BlockingLookups _lookups = new();

    public override async Task DisposeAsync()
    {
        _lookups.AnswerAll();
        await base.DisposeAsync();
    }

    [Fact]
    public Task Localhost_is_this_machine() => OnShard(async () =>
    {
        IReadOnlyList<IPAddress> addresses = await HostResolver.Default.ResolveAsync("localhost");

        Assert.NotEmpty(addresses);
        Assert.All(addresses, address => Assert.True(IPAddress.IsLoopback(address)));
        Assert.Same(Shard, Reactor.Shard.Current);
    });

    [Fact]
    public Task Only_addresses_of_the_family_asked_for_are_answered() => OnShard(async () =>
        Assert.All(await HostResolver.Default.ResolveAsync("localhost", AddressFamily.InterNetwork), address => Assert.Equal(AddressFamily.InterNetwork, address.AddressFamily)));

    [Fact]
    public Task A_name_that_nobody_has_is_told_as_such() => OnShard(async () =>
    {
        SocketException exception = await Assert.ThrowsAsync<SocketException>(async () => await HostResolver.Default.ResolveAsync("no-such-host.invalid"));

        // The latter where there is no network.
        Assert.True(exception.SocketErrorCode is SocketError.HostNotFound or SocketError.TryAgain, exception.Message);
        Assert.Contains("'no-such-host.invalid'", exception.Message, StringComparison.Ordinal);
    });

    [Theory]
    [InlineData(SocketError.HostNotFound, "no such host")]
    [InlineData(SocketError.TryAgain, "/etc/resolv.conf")]
    [InlineData(SocketError.NoRecovery, "NoRecovery")]
    public Task A_failure_keeps_its_code_and_says_what_to_do(SocketError code, string advice) => OnShard(async () =>
    {
        var resolver = new SystemHostResolver((_, _) => throw new SocketException((int)code), 1, s_long);

        SocketException exception = await Assert.ThrowsAsync<SocketException>(async () => await resolver.ResolveAsync("example.test", AddressFamily.InterNetwork));

        Assert.Equal(code, exception.SocketErrorCode);
        Assert.Contains("'example.test' (IPv4 only)", exception.Message, StringComparison.Ordinal);
        Assert.Contains(advice, exception.Message, StringComparison.Ordinal);
    });

    [Fact]
    public Task A_name_that_is_too_long_is_refused() => OnShard(async () =>
        await Assert.ThrowsAnyAsync<ArgumentException>(async () => await HostResolver.Default.ResolveAsync(new string('a', 300))));

    [Fact]
    public Task A_look_up_blocks_neither_shard_nor_thread_pool() => OnShard(async () =>
    {
        bool isShardOrPool = true;
        var resolver = new SystemHostResolver(
            (_, _) =>
            {
                isShardOrPool = Reactor.Shard.Current is not null || Thread.CurrentThread.IsThreadPoolThread;
                return [IPAddress.Loopback];
            },
            1,
            s_long);

        await resolver.ResolveAsync("example.test");

        Assert.False(isShardOrPool);
    });

    [Fact]
    public Task A_slow_name_does_not_hold_up_another() => OnShard(async () =>
    {
        SystemHostResolver resolver = Resolver(maxThreads: 4);
        ValueTask<IReadOnlyList<IPAddress>> slow = resolver.ResolveAsync("slow");
        ValueTask<IReadOnlyList<IPAddress>> alsoSlow = resolver.ResolveAsync("also-slow");
        ValueTask<IReadOnlyList<IPAddress>> quick = resolver.ResolveAsync("quick");
        _lookups.Answer("quick");

        Assert.Equal([IPAddress.Loopback], await quick);

        Assert.False(slow.IsCompleted);
        _lookups.Answer("slow");
        _lookups.Answer("also-slow");
        await slow;
        await alsoSlow;
    });

    [Fact]
    public Task Two_slow_names_do_not_wait_for_one_idle_thread() => OnShard(async () =>
    {
        SystemHostResolver resolver = Resolver(maxThreads: 4);
        _lookups.Answer("first");
        await resolver.ResolveAsync("first");
        await Eventually.IsEqualAsync(1, () => resolver.IdleThreads, "idle threads");

        ValueTask<IReadOnlyList<IPAddress>> slow = resolver.ResolveAsync("slow");
        ValueTask<IReadOnlyList<IPAddress>> quick = resolver.ResolveAsync("quick");
        _lookups.Answer("quick");

        Assert.Equal([IPAddress.Loopback], await quick);
        Assert.Equal(2, resolver.Threads);
        _lookups.Answer("slow");
        await slow;
    });

    [Fact]
    public Task Equal_look_ups_that_overlap_are_one() => OnShard(async () =>
    {
        SystemHostResolver resolver = Resolver(maxThreads: 4);
        ValueTask<IReadOnlyList<IPAddress>>[] equal = [.. Enumerable.Range(0, 100).Select(i => resolver.ResolveAsync(i % 2 == 0 ? "example.test" : "Example.TEST"))];
        ValueTask<IReadOnlyList<IPAddress>> otherFamily = resolver.ResolveAsync("example.test", AddressFamily.InterNetwork);
        await Eventually.IsEqualAsync(2, () => _lookups.Begun.Count, "look-ups begun");

        _lookups.Answer("example.test");

        foreach (ValueTask<IReadOnlyList<IPAddress>> one in equal)
        {
            Assert.Equal([IPAddress.Loopback], await one);
        }

        await otherFamily;
        Assert.Equal(2, _lookups.Begun.Count);
    });

    [Fact]
    public Task Who_shares_a_failure_gets_an_exception_of_his_own() => OnShard(async () =>
    {
        using var mayFail = new ManualResetEventSlim();
        var resolver = new SystemHostResolver(
            (_, _) =>
            {
                mayFail.Wait(Eventually.Patience);
                throw new SocketException((int)SocketError.HostNotFound);
            },
            1,
            s_long);
        ValueTask<IReadOnlyList<IPAddress>> first = resolver.ResolveAsync("example.test");
        ValueTask<IReadOnlyList<IPAddress>> second = resolver.ResolveAsync("example.test");
        mayFail.Set();

        SocketException one = await Assert.ThrowsAsync<SocketException>(async () => await first);
        SocketException other = await Assert.ThrowsAsync<SocketException>(async () => await second);

        Assert.NotSame(one, other);
    });

    [Fact]
    public Task A_name_is_looked_up_again_when_its_look_up_has_ended() => OnShard(async () =>
    {
        SystemHostResolver resolver = Resolver(maxThreads: 1);
        _lookups.Answer("example.test");
        await resolver.ResolveAsync("example.test");

        await resolver.ResolveAsync("example.test");

        Assert.Equal(["example.test", "example.test"], _lookups.Begun);
        Assert.Equal(1, resolver.Threads);
    });

    [Fact]
    public Task Beyond_the_most_threads_look_ups_wait_for_one_in_their_order() => OnShard(async () =>
    {
        SystemHostResolver resolver = Resolver(maxThreads: 2);
        string[] names = ["a", "b", "c", "d"];
        ValueTask<IReadOnlyList<IPAddress>>[] resolving = [.. names.Select(name => resolver.ResolveAsync(name))];
        await Eventually.IsEqualAsync(2, () => _lookups.Begun.Count, "look-ups begun");
        Assert.Equal((2, 2), (resolver.Threads, resolver.Waiting));

        _lookups.Answer("b");
        await resolving[1];
        await Eventually.IsEqualAsync(3, () => _lookups.Begun.Count, "look-ups begun");
        Assert.Equal("c", _lookups.Begun.Last());

        _lookups.AnswerAll();
        await resolving[0];
        await resolving[2];
        await resolving[3];
        Assert.Equal(4, _lookups.Begun.Count);
    });

    [Fact]
    public Task A_look_up_that_nobody_waits_for_any_more_is_not_begun() => OnShard(async () =>
    {
        SystemHostResolver resolver = Resolver(maxThreads: 1);
        using var cancellation = new CancellationTokenSource();
        ValueTask<IReadOnlyList<IPAddress>> slow = resolver.ResolveAsync("slow");
        ValueTask<IReadOnlyList<IPAddress>> given = resolver.ResolveAsync("given-up", cancellationToken: cancellation.Token);
        ValueTask<IReadOnlyList<IPAddress>> givenByOne = resolver.ResolveAsync("wanted", cancellationToken: cancellation.Token);
        ValueTask<IReadOnlyList<IPAddress>> wanted = resolver.ResolveAsync("wanted");

        await cancellation.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await given);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await givenByOne);
        Assert.Equal(1, resolver.Waiting);
        _lookups.AnswerAll();
        await wanted;
        await slow;
        Assert.Equal(["slow", "wanted"], _lookups.Begun);
    });

    [Fact]
    public Task The_token_ends_the_wait_although_the_look_up_goes_on() => OnShard(async () =>
    {
        SystemHostResolver resolver = Resolver(maxThreads: 1);
        using var cancellation = new CancellationTokenSource();
        ValueTask<IReadOnlyList<IPAddress>> slow = resolver.ResolveAsync("slow", cancellationToken: cancellation.Token);
        await Eventually.IsEqualAsync(1, () => _lookups.Begun.Count, "look-ups begun");

        await cancellation.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await slow);
        Assert.Equal(1, resolver.Threads);

        // Who comes meanwhile has its answer.
        ValueTask<IReadOnlyList<IPAddress>> again = resolver.ResolveAsync("slow");
        _lookups.AnswerAll();
        Assert.Equal([IPAddress.Loopback], await again);
        Assert.Single(_lookups.Begun);
    });

    [Fact]
    public async Task A_look_up_that_hangs_keeps_no_host_from_stopping()
    {
        Task<IReadOnlyList<IPAddress>> resolving = null!;
        await OnShard(async () =>
        {
            resolving = Resolver(maxThreads: 1).ResolveAsync("slow").AsTask();
            await Eventually.IsEqualAsync(1, () => _lookups.Begun.Count, "look-ups begun");
        });

        await Host.StopAsync().WaitAsync(Eventually.Promptly);

        await Assert.ThrowsAsync<ObjectDisposedException>(() => resolving.WaitAsync(Eventually.Promptly));
    }

    [Fact]
    public Task Threads_that_have_nothing_to_do_end() => OnShard(async () =>
    {
        var resolver = new SystemHostResolver(_lookups.Ask, 4, TimeSpan.FromMilliseconds(1));
        _lookups.AnswerAll();
        ValueTask<IReadOnlyList<IPAddress>>[] resolving = [.. Enumerable.Range(0, 4).Select(i => resolver.ResolveAsync($"host{i}"))];
        foreach (ValueTask<IReadOnlyList<IPAddress>> one in resolving)
        {
            await one;
        }

        await Eventually.IsEqualAsync(0, () => resolver.Threads, "threads");

        Assert.Equal([IPAddress.Loopback], await resolver.ResolveAsync("once-more"));
    });

    [Fact]
    public async Task Shards_and_other_threads_share_it()
    {
        var resolver = new SystemHostResolver((host, _) => [IPAddress.Parse(host[1..])], 3, TimeSpan.FromMilliseconds(1));

        await Task.WhenAll(
            OnShard(() => ResolveManyAsync(1)),
            Task.Run(() => ResolveManyAsync(2)),
            Task.Run(() => ResolveManyAsync(3))).WaitAsync(Eventually.Patience);

        await Eventually.IsEqualAsync(0, () => resolver.Threads, "threads");
        Assert.Equal(0, resolver.Waiting);

        async Task ResolveManyAsync(int seed)
        {
            var random = new Random(seed);
            for (int i = 0; i < 300; i++)
            {
                Task[] some = [.. Enumerable.Range(0, random.Next(1, 8)).Select(_ => ResolveOneAsync($"10.0.0.{random.Next(6)}", random.Next(4) == 0))];
                await Task.WhenAll(some);
            }
        }

        async Task ResolveOneAsync(string address, bool isCancelled)
        {
            using var cancellation = new CancellationTokenSource();
            ValueTask<IReadOnlyList<IPAddress>> resolving = resolver.ResolveAsync("x" + address, cancellationToken: cancellation.Token);
            if (isCancelled)
            {
                await cancellation.CancelAsync();
            }

            try
            {
                Assert.Equal(address, Assert.Single(await resolving).ToString());
            }
            catch (OperationCanceledException) when (isCancelled)
            {
            }
        }
    }

    private SystemHostResolver Resolver(int maxThreads) => new(_lookups.Ask, maxThreads, s_long);

    /// <summary>Look-ups that block until their name is answered.</summary>
    private sealed class BlockingLookups
    {
        private readonly ConcurrentDictionary<string, ManualResetEventSlim> _names = new(StringComparer.OrdinalIgnoreCase);
        private volatile bool _answersAll;

        internal ConcurrentQueue<string> Begun { get; } = new();

        internal IPAddress[] Ask(string host, AddressFamily family)
        {
            Begun.Enqueue(host);
            ManualResetEventSlim isAnswered = Of(host);
            if (!_answersAll)
            {
                isAnswered.Wait(Eventually.Patience);
            }

            return [IPAddress.Loopback];
        }

        internal void Answer(string host) => Of(host).Set();

        internal void AnswerAll()
        {
            _answersAll = true;
            foreach (ManualResetEventSlim name in _names.Values)
            {
                name.Set();
            }
        }

        private ManualResetEventSlim Of(string host) => _names.GetOrAdd(host, static _ => new ManualResetEventSlim());
    }
}
