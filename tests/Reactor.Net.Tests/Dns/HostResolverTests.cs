using System.Net;
using System.Net.Sockets;

namespace Reactor.Net.Tests.Dns;

/// <summary>What every resolver has from its base class: literals, coming home, the end of the wait.</summary>
public class HostResolverTests : ShardTest
{
    [Theory]
    [InlineData("127.0.0.1", "127.0.0.1")]
    [InlineData("::1", "::1")]
    [InlineData("[::1]", "::1")]
    [InlineData("fe80::1%1", "fe80::1%1")]
    [InlineData("[fe80::1%1]", "fe80::1%1")]
    public Task An_IP_address_is_its_own_answer_without_a_look_up(string host, string address) => OnShard(async () =>
    {
        TestResolver resolver = TestResolver.Of(IPAddress.None);

        ValueTask<IReadOnlyList<IPAddress>> resolving = resolver.ResolveAsync(host);

        Assert.True(resolving.IsCompletedSuccessfully);
        Assert.Equal([IPAddress.Parse(address)], await resolving);
        Assert.Equal(0, resolver.Lookups);
    });

    [Theory]
    [InlineData("[::1]:80")]
    [InlineData("[::1")]
    [InlineData("127.0.0.1:80")]
    public Task What_is_more_than_an_IP_address_is_none(string host) => OnShard(async () =>
    {
        TestResolver resolver = TestResolver.Of(IPAddress.None);

        Assert.Equal([IPAddress.None], await resolver.ResolveAsync(host));

        Assert.Equal(1, resolver.Lookups);
    });

    [Fact]
    public Task An_IP_address_of_another_family_is_no_answer() => OnShard(async () =>
    {
        SocketException exception = await Assert.ThrowsAsync<SocketException>(async () => await TestResolver.Of(IPAddress.None).ResolveAsync("127.0.0.1", AddressFamily.InterNetworkV6));

        Assert.Equal(SocketError.NoData, exception.SocketErrorCode);
        Assert.Contains("'127.0.0.1' (IPv6 only)", exception.Message, StringComparison.Ordinal);
    });

    [Fact]
    public Task No_address_is_an_error() => OnShard(async () =>
    {
        SocketException exception = await Assert.ThrowsAsync<SocketException>(async () => await TestResolver.Of().ResolveAsync("example.test"));

        Assert.Equal(SocketError.NoData, exception.SocketErrorCode);
        Assert.Contains("example.test", exception.Message, StringComparison.Ordinal);
    });

    [Fact]
    public Task What_a_resolver_throws_comes_out_of_the_await() => OnShard(async () =>
    {
        var resolver = new TestResolver((_, _, _) => throw new InvalidDataException());

        ValueTask<IReadOnlyList<IPAddress>> resolving = resolver.ResolveAsync("example.test");

        await Assert.ThrowsAsync<InvalidDataException>(async () => await resolving);
    });

    [Fact]
    public Task An_answer_from_another_thread_comes_home_to_the_shard_and_its_group() => OnShard(async () =>
    {
        SchedulingGroup group = SchedulingGroup.Create("resolving", 100);
        var answer = new TaskCompletionSource<IReadOnlyList<IPAddress>>();
        await group.RunAsync(async () =>
        {
            ValueTask<IReadOnlyList<IPAddress>> resolving = TestResolver.Of(answer.Task).ResolveAsync("example.test");
            new Thread(() => answer.SetResult([IPAddress.Loopback])).Start();

            Assert.Equal([IPAddress.Loopback], await resolving);

            Assert.Same(Shard, Reactor.Shard.Current);
            Assert.Same(group, SchedulingGroup.Current);
        });
    });

    [Fact]
    public Task A_failure_on_another_thread_comes_home_too() => OnShard(async () =>
    {
        var answer = new TaskCompletionSource<IReadOnlyList<IPAddress>>();
        ValueTask<IReadOnlyList<IPAddress>> resolving = TestResolver.Of(answer.Task).ResolveAsync("example.test");
        new Thread(() => answer.SetException(new SocketException((int)SocketError.TryAgain))).Start();

        await Assert.ThrowsAsync<SocketException>(async () => await resolving);

        Assert.Same(Shard, Reactor.Shard.Current);
    });

    [Fact]
    public Task The_token_ends_the_wait_whatever_the_resolver_does() => OnShard(async () =>
    {
        var never = new TaskCompletionSource<IReadOnlyList<IPAddress>>();
        using var cancellation = new CancellationTokenSource();
        ValueTask<IReadOnlyList<IPAddress>> resolving = TestResolver.Of(never.Task).ResolveAsync("example.test", cancellationToken: cancellation.Token);

        _ = Task.Run(cancellation.Cancel);

        OperationCanceledException exception = await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await resolving);
        Assert.Equal(cancellation.Token, exception.CancellationToken);
        Assert.Same(Shard, Reactor.Shard.Current);
    });

    [Fact]
    public Task A_token_that_has_fired_before_prevents_the_look_up() => OnShard(async () =>
    {
        TestResolver resolver = TestResolver.Of(IPAddress.None);

        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await resolver.ResolveAsync("example.test", cancellationToken: new CancellationToken(true)));

        Assert.Equal(0, resolver.Lookups);
    });

    [Fact]
    public async Task The_wait_ends_when_the_host_stops()
    {
        var never = new TaskCompletionSource<IReadOnlyList<IPAddress>>();
        Task<IReadOnlyList<IPAddress>> resolving = null!;
        await OnShard(async () =>
        {
            resolving = TestResolver.Of(never.Task).ResolveAsync("example.test").AsTask();
            await NextTurn();
        });

        await Host.StopAsync().WaitAsync(Eventually.Promptly);

        await Assert.ThrowsAsync<ObjectDisposedException>(() => resolving.WaitAsync(Eventually.Promptly));
    }

    [Fact]
    public Task One_resolver_may_stand_before_another() => OnShard(async () =>
    {
        var answer = new TaskCompletionSource<IReadOnlyList<IPAddress>>();
        TestResolver inner = TestResolver.Of(answer.Task);
        IReadOnlyList<IPAddress>? known = null;
        var cache = new TestResolver(async (host, family, token) => known ??= await inner.ResolveAsync(host, family, token));
        ValueTask<IReadOnlyList<IPAddress>> first = cache.ResolveAsync("example.test");
        new Thread(() => answer.SetResult([IPAddress.Loopback])).Start();

        Assert.Equal([IPAddress.Loopback], await first);
        Assert.Equal([IPAddress.Loopback], await cache.ResolveAsync("example.test"));

        Assert.Equal(1, inner.Lookups);
        Assert.Same(Shard, Reactor.Shard.Current);
    });

    [Fact]
    public async Task It_may_be_used_on_threads_that_are_no_shard()
    {
        var answer = new TaskCompletionSource<IReadOnlyList<IPAddress>>();
        Task<(IReadOnlyList<IPAddress> Addresses, Thread Thread)> resolving = ResolveAsync();
        var answering = new Thread(() => answer.SetResult([IPAddress.Loopback]));

        answering.Start();

        (IReadOnlyList<IPAddress> addresses, Thread thread) = await resolving.WaitAsync(Eventually.Promptly);
        Assert.Equal([IPAddress.Loopback], addresses);
        Assert.NotSame(answering, thread);

        async Task<(IReadOnlyList<IPAddress>, Thread)> ResolveAsync()
        {
            IReadOnlyList<IPAddress> addresses = await TestResolver.Of(answer.Task).ResolveAsync("example.test").ConfigureAwait(false);
            return (addresses, Thread.CurrentThread);
        }
    }

    [Fact]
    public async Task The_token_ends_the_wait_on_threads_that_are_no_shard()
    {
        var never = new TaskCompletionSource<IReadOnlyList<IPAddress>>();
        using var cancellation = new CancellationTokenSource();
        Task resolving = TestResolver.Of(never.Task).ResolveAsync("example.test", cancellationToken: cancellation.Token).AsTask();

        await cancellation.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => resolving.WaitAsync(Eventually.Promptly));
    }

    [Fact]
    public Task Bad_arguments_are_refused() => OnShard(async () =>
    {
        TestResolver resolver = TestResolver.Of(IPAddress.None);

        await Assert.ThrowsAsync<ArgumentNullException>(async () => await resolver.ResolveAsync(null!));
        await Assert.ThrowsAsync<ArgumentException>(async () => await resolver.ResolveAsync(""));
        await Assert.ThrowsAsync<ArgumentException>(async () => await resolver.ResolveAsync("example.test", AddressFamily.Unix));
        Assert.Equal(0, resolver.Lookups);
    });
}

public sealed class HostResolverWithoutContextTests : HostResolverTests
{
    protected override bool UseSynchronizationContext => false;

    [Fact]
    public async Task A_failure_that_comes_after_the_token_is_nobodys_exception()
    {
        var answer = new TaskCompletionSource<IReadOnlyList<IPAddress>>();
        var unobserved = new System.Collections.Concurrent.ConcurrentQueue<Exception>();
        void OnUnobserved(object? sender, UnobservedTaskExceptionEventArgs args) => unobserved.Enqueue(args.Exception);
        TaskScheduler.UnobservedTaskException += OnUnobserved;
        await GiveUpAsync();
        answer.SetException(new InvalidDataException("late"));
        _ = answer.Task.Exception;
        for (int i = 0; i < 3; i++)
        {
            GC.Collect();
            GC.WaitForPendingFinalizers();
        }

        TaskScheduler.UnobservedTaskException -= OnUnobserved;
        Assert.DoesNotContain(unobserved, static exception => exception.InnerException is InvalidDataException);

        async Task GiveUpAsync()
        {
            using var cancellation = new CancellationTokenSource();
            ValueTask<IReadOnlyList<IPAddress>> resolving = TestResolver.Of(answer.Task).ResolveAsync("example.test", cancellationToken: cancellation.Token);
            cancellation.Cancel();
            await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await resolving);
        }
    }
}
