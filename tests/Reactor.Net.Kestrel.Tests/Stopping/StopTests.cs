using System.Net.Sockets;
using Microsoft.AspNetCore.Http;

namespace Reactor.Net.Kestrel.Tests.Stopping;

/// <summary>The end of the application, with connections of all kinds.</summary>
public sealed class StopTests
{
    [Theory]
    [MemberData(nameof(Transports.All), MemberType = typeof(Transports))]
    public async Task Requests_in_flight_are_answered_and_nobody_else_comes_in(Transport transport)
    {
        var begun = new TaskCompletionSource();
        var goOn = new TaskCompletionSource();
        await using TestApp app = await TestApp.StartAsync(transport, async context =>
        {
            begun.TrySetResult();
            await goOn.Task;
            context.Response.ContentLength = 5;
            await context.Response.WriteAsync("hello");
        });
        using Client client = await app.ConnectAsync();
        await client.SendGetAsync();
        await begun.Task.InTimeAsync();
        Task stop = app.StopAsync();
        await Eventually.IsTrueAsync(() => !CanConnect(app), "the listener is closed");
        Assert.False(stop.IsCompleted);
        goOn.SetResult();

        Assert.Equal("hello", (await client.ReceiveAnswerAsync()).Body);
        await client.SeesFinAsync();
        await stop.InTimeAsync();
    }

    [Theory]
    [MemberData(nameof(Transports.All), MemberType = typeof(Transports))]
    public async Task Idle_connections_are_closed(Transport transport)
    {
        await using TestApp app = await TestApp.StartAsync(transport, Answer);
        using Client fresh = await app.ConnectAsync();
        using Client used = await app.ConnectAsync();
        await used.SendGetAsync();
        await used.ReceiveAnswerAsync();
        await app.StopAsync().InTimeAsync();

        await used.SeesEndAsync();
        await fresh.SeesEndAsync();
    }

    [Theory]
    [MemberData(nameof(Transports.All), MemberType = typeof(Transports))]
    public async Task Requests_that_do_not_end_by_the_deadline_are_reset(Transport transport)
    {
        var begun = new TaskCompletionSource();
        await using TestApp app = await TestApp.StartAsync(
            transport,
            async context =>
            {
                begun.TrySetResult();
                await context.RequestAborted.FiredAsync();
            },
            options => options.ShutdownTimeout = TimeSpan.FromMilliseconds(200));
        using Client client = await app.ConnectAsync();
        await client.SendGetAsync();
        await begun.Task.InTimeAsync();
        await app.StopAsync().InTimeAsync();

        await client.SeesEndAsync();
    }

    [Theory]
    [MemberData(nameof(Transports.All), MemberType = typeof(Transports))]
    public async Task A_client_that_does_not_take_its_answer_does_not_hold_up_the_stop_beyond_the_deadline(Transport transport)
    {
        var begun = new TaskCompletionSource();
        await using TestApp app = await TestApp.StartAsync(
            transport,
            async context =>
            {
                begun.TrySetResult();
                await context.Response.Body.WriteAsync(new byte[50_000_000]);
            },
            options => options.ShutdownTimeout = TimeSpan.FromMilliseconds(200));
        using Client client = await app.ConnectAsync();
        await client.SendGetAsync();
        await begun.Task.InTimeAsync();
        await app.StopAsync().InTimeAsync();

        await client.SeesEndAsync();
    }

    private static Task Answer(HttpContext context)
    {
        context.Response.ContentLength = 5;
        return context.Response.WriteAsync("hello");
    }

    private static bool CanConnect(TestApp app)
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            socket.Connect(app.EndPoint);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
