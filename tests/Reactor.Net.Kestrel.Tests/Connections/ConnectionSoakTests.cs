using Microsoft.AspNetCore.Http;
using Xunit.Abstractions;

namespace Reactor.Net.Kestrel.Tests.Connections;

/// <summary>Days of connections in minutes: <c>REACTOR_SOAK_CONNECTIONS</c> says how many.</summary>
[Collection(Alone.Name)]
public sealed class ConnectionSoakTests(ITestOutputHelper output)
{
    private const int Clients = 16;

    /// <summary>What the runtime opens for the first sockets of a process, and keeps.</summary>
    private const int OpenedOnce = 8;

    /// <summary>What the caches of shards and runtime may come to; a leak of one object for each connection is beyond it from some 100,000 on.</summary>
    private const long MostGrowth = 16 * 1024 * 1024;

    [Theory]
    [MemberData(nameof(Transports.All), MemberType = typeof(Transports))]
    public async Task Connections_of_all_kinds_leave_nothing_behind_and_every_whole_request_is_answered(Transport transport)
    {
        int connections = int.Parse(Environment.GetEnvironmentVariable("REACTOR_SOAK_CONNECTIONS") ?? "2000");
        await using TestApp app = await TestApp.StartAsync(
            transport,
            static context =>
            {
                context.Response.ContentLength = 5;
                return context.Response.WriteAsync("hello");
            },
            static options => options.IsLogged = false);
        int descriptors = ProcessState.SettledDescriptorCount() + OpenedOnce;
        await ConnectAsync(app, 1_000);
        await AssertSettlesAsync(descriptors);
        long memory = GC.GetTotalMemory(forceFullCollection: true);
        await ConnectAsync(app, connections);
        await AssertSettlesAsync(descriptors);
        long memoryAfter = GC.GetTotalMemory(forceFullCollection: true);

        output.WriteLine($"{connections:N0} connections: {ProcessState.DescriptorCount} descriptors; {memory >> 10:N0} KiB before, {memoryAfter >> 10:N0} after");
        Assert.True(memoryAfter - memory < MostGrowth, $"{memory:N0} bytes before, {memoryAfter:N0} after");
    }

    private static Task ConnectAsync(TestApp app, int connections)
    {
        int last = 0;
        return Task.WhenAll(Enumerable.Range(0, Clients).Select(_ => Task.Run(async () =>
        {
            while (Interlocked.Increment(ref last) is var number && number <= connections)
            {
                await ConnectAsync(app, (Kind)(number % Enum.GetValues<Kind>().Length));
            }
        })));
    }

    private static async Task ConnectAsync(TestApp app, Kind kind)
    {
        using Client client = await app.ConnectAsync();
        switch (kind)
        {
            case Kind.Silent:
                return;
            case Kind.HalfRequest:
                await client.SendAsync("GET / HT");
                return;
            case Kind.Unheard:
                await client.SendGetAsync();
                return;
        }

        await client.SendGetAsync();
        Assert.Equal("hello", (await client.ReceiveAnswerAsync()).Body);
        if (kind == Kind.Reset)
        {
            client.Reset();
        }
        else
        {
            client.Finish();
            await client.SeesFinAsync();
        }
    }

    /// <summary>The server may take a moment to notice the end of the last connections.</summary>
    private static Task AssertSettlesAsync(int descriptors) =>
        Eventually.IsTrueAsync(() => ProcessState.SettledDescriptorCount() <= descriptors, $"no more than {descriptors} descriptors");

    /// <summary>How a client behaves.</summary>
    private enum Kind
    {
        Answered,
        Reset,
        Silent,
        HalfRequest,
        Unheard,
    }
}
