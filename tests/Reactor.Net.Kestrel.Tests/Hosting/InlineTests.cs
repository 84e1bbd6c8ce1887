using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace Reactor.Net.Kestrel.Tests.Hosting;

/// <summary>Applications on the shards, and their state there.</summary>
public sealed class InlineTests
{
    [Theory]
    [MemberData(nameof(Transports.OnShard), MemberType = typeof(Transports))]
    public async Task An_endpoint_runs_on_the_shard_of_its_connection_and_comes_back_from_foreign_awaits(Transport transport)
    {
        await using TestApp app = await TestApp.StartAsync(transport, async context =>
        {
            Shard shard = context.GetShard();
            bool before = shard.IsOnShard;
            await Task.Delay(1);
            bool afterDelay = shard.IsOnShard;
            await Task.Run(static () => { });
            await context.Response.WriteAsync($"{before} {afterDelay} {shard.IsOnShard}");
        });
        using var http = new HttpClient { BaseAddress = app.Addresses[0] };

        Assert.Equal("True True True", await http.GetStringAsync("/"));
        Assert.Equal("True True True", await http.GetStringAsync("/"));
    }

    [Theory]
    [MemberData(nameof(Transports.OnShard), MemberType = typeof(Transports))]
    public async Task An_endpoint_has_the_instance_of_its_shard_without_a_lock(Transport transport)
    {
        await using TestApp app = await TestApp.StartAsync(transport, options => options.Services = services => services.AddSharded<Counter>(), application =>
        {
            Sharded<Counter> counters = application.Services.GetRequiredService<Sharded<Counter>>();
            application.Run(context => context.Request.Path == "/sum"
                ? SumAsync(context)
                : context.Response.WriteAsync((counters.Local.Value++).ToString()));

            async Task SumAsync(HttpContext context)
            {
                int sum = await counters.MapReduceAsync(static counter => counter.Value, static (a, b) => a + b);
                await context.Response.WriteAsync(sum.ToString());
            }
        });

        await Task.WhenAll(Enumerable.Range(0, 8).Select(async _ =>
        {
            using var http = new HttpClient { BaseAddress = app.Addresses[0] };
            for (int i = 0; i < 50; i++)
            {
                await http.GetStringAsync("/count");
            }
        }));
        using var last = new HttpClient { BaseAddress = app.Addresses[0] };

        Assert.Equal("400", await last.GetStringAsync("/sum"));
    }

    [Theory]
    [MemberData(nameof(Transports.Reactor), MemberType = typeof(Transports))]
    public async Task From_anywhere_a_request_goes_to_its_shard(Transport transport)
    {
        await using TestApp app = await TestApp.StartAsync(transport, async context =>
        {
            Shard shard = context.GetShard();
            await Task.Run(static () => { }).ConfigureAwait(false);
            bool isThere = await shard.InvokeAsync(() => shard.IsOnShard);
            await context.Response.WriteAsync(isThere.ToString());
        });
        using var http = new HttpClient { BaseAddress = app.Addresses[0] };

        Assert.Equal("True", await http.GetStringAsync("/"));
    }

    [Theory]
    [MemberData(nameof(Transports.Reactor), MemberType = typeof(Transports))]
    public async Task On_the_thread_pool_an_endpoint_is_on_no_shard(Transport transport)
    {
        await using TestApp app = await TestApp.StartAsync(
            transport,
            context => context.Response.WriteAsync($"{Shard.Current is null} {SynchronizationContext.Current is null}"),
            options => options.Reactor = reactor => reactor.Scheduling = ApplicationScheduling.ThreadPool);
        using var http = new HttpClient { BaseAddress = app.Addresses[0] };

        Assert.Equal("True True", await http.GetStringAsync("/"));
    }

    [Theory]
    [MemberData(nameof(Transports.Reactor), MemberType = typeof(Transports))]
    public async Task Each_listener_may_have_its_own_scheduling(Transport transport)
    {
        await using TestApp app = await TestApp.StartAsync(
            transport,
            context => context.Response.WriteAsync((Shard.Current is not null).ToString()),
            options => options.Endpoints = kestrel =>
            {
                kestrel.Listen(IPAddress.Loopback, 0, listener => listener.UseScheduling(ApplicationScheduling.ThreadPool));
                kestrel.Listen(IPAddress.Loopback, 0, listener => listener.UseScheduling(ApplicationScheduling.Inline));
            });
        using var http = new HttpClient();

        Assert.Equal("False", await http.GetStringAsync(app.Addresses[0]));
        Assert.Equal("True", await http.GetStringAsync(app.Addresses[1]));
    }

    [Theory]
    [MemberData(nameof(Transports.All), MemberType = typeof(Transports))]
    public async Task A_scheduling_for_the_listener_disturbs_no_other_transport(Transport transport)
    {
        await using TestApp app = await TestApp.StartAsync(
            transport,
            context => context.Response.WriteAsync("hello"),
            options => options.Endpoints = kestrel => kestrel.Listen(IPAddress.Loopback, 0, listener => listener.UseScheduling(ApplicationScheduling.Inline)));
        using var http = new HttpClient();

        Assert.Equal("hello", await http.GetStringAsync(app.Addresses[0]));
    }

    [Fact]
    public async Task Without_the_transport_a_request_says_that_it_has_no_shard()
    {
        await using TestApp app = await TestApp.StartAsync(Transport.Sockets, async context =>
        {
            InvalidOperationException exception = Assert.Throws<InvalidOperationException>(() => context.GetShard());
            await context.Response.WriteAsync($"{context.TryGetShard(out _)} {exception.Message}");
        });
        using var http = new HttpClient();
        string answer = await http.GetStringAsync(app.Addresses[0]);

        Assert.StartsWith("False", answer, StringComparison.Ordinal);
        Assert.Contains("UseReactor()", answer, StringComparison.Ordinal);
    }

    private sealed class Counter
    {
        internal int Value;
    }
}
