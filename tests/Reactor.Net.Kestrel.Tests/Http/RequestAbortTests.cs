using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace Reactor.Net.Kestrel.Tests.Http;

/// <summary>Requests whose client, or whose application, gives up.</summary>
public sealed class RequestAbortTests
{
    [Theory]
    [MemberData(nameof(Transports.All), MemberType = typeof(Transports))]
    public async Task A_reset_before_a_request_disturbs_nobody(Transport transport)
    {
        await using TestApp app = await TestApp.StartAsync(transport, Answer);
        for (int i = 0; i < 10; i++)
        {
            (await app.ConnectAsync()).Reset();
        }

        await AssertAnswersAsync(app);
    }

    [Theory]
    [MemberData(nameof(Transports.All), MemberType = typeof(Transports))]
    public async Task A_reset_between_requests_disturbs_nobody(Transport transport)
    {
        await using TestApp app = await TestApp.StartAsync(transport, Answer);
        for (int i = 0; i < 10; i++)
        {
            Client client = await app.ConnectAsync();
            await client.SendGetAsync();
            await client.ReceiveAnswerAsync();
            client.Reset();
        }

        await AssertAnswersAsync(app);
    }

    [Theory]
    [MemberData(nameof(Transports.All), MemberType = typeof(Transports))]
    public async Task A_reset_in_the_middle_of_a_head_disturbs_nobody(Transport transport)
    {
        await using TestApp app = await TestApp.StartAsync(transport, Answer);
        for (int i = 0; i < 10; i++)
        {
            Client client = await app.ConnectAsync();
            await client.SendAsync("GET / HTTP/1.1\r\nHos");
            client.Reset();
        }

        await AssertAnswersAsync(app);
    }

    [Theory]
    [MemberData(nameof(Transports.All), MemberType = typeof(Transports))]
    public async Task A_reset_in_the_middle_of_a_body_ends_its_reading_with_an_exception(Transport transport)
    {
        var begun = new TaskCompletionSource();
        var failure = new TaskCompletionSource<Exception>();
        await using TestApp app = await TestApp.StartAsync(transport, async context =>
        {
            begun.SetResult();
            failure.SetResult(await Assert.ThrowsAnyAsync<Exception>(() => context.Request.Body.CopyToAsync(Stream.Null)));
        });
        Client client = await app.ConnectAsync();
        await client.SendAsync("POST / HTTP/1.1\r\nHost: test\r\nContent-Length: 1000\r\n\r\npart");
        await begun.Task.InTimeAsync();
        client.Reset();

        Exception thrown = await failure.Task.InTimeAsync();
        Assert.True(thrown is IOException or OperationCanceledException, thrown.ToString());
    }

    [Theory]
    [MemberData(nameof(Transports.All), MemberType = typeof(Transports))]
    public async Task FIN_in_the_middle_of_a_body_is_an_unexpected_end_of_the_request(Transport transport)
    {
        var failure = new TaskCompletionSource<Exception>();
        await using TestApp app = await TestApp.StartAsync(transport, async context =>
            failure.SetResult(await Assert.ThrowsAnyAsync<Exception>(() => context.Request.Body.CopyToAsync(Stream.Null))));
        using Client client = await app.ConnectAsync();
        await client.SendAsync("POST / HTTP/1.1\r\nHost: test\r\nContent-Length: 1000\r\n\r\npart");
        client.Finish();

        Exception thrown = await failure.Task.InTimeAsync();
        Assert.True(thrown is Microsoft.AspNetCore.Http.BadHttpRequestException or IOException or OperationCanceledException, thrown.ToString());
        await client.SeesEndAsync();
    }

    [Theory]
    [MemberData(nameof(Transports.All), MemberType = typeof(Transports))]
    public async Task A_request_is_told_that_its_client_has_finished(Transport transport)
    {
        var begun = new TaskCompletionSource();
        var aborted = new TaskCompletionSource();
        await using TestApp app = await TestApp.StartAsync(transport, async context =>
        {
            begun.SetResult();
            await context.RequestAborted.FiredAsync();
            aborted.SetResult();
        });
        using Client client = await app.ConnectAsync();
        await client.SendGetAsync();
        await begun.Task.InTimeAsync();
        client.Finish();

        await aborted.Task.InTimeAsync();
        await client.SeesFinAsync();
    }

    [Theory]
    [MemberData(nameof(Transports.All), MemberType = typeof(Transports))]
    public async Task A_request_is_told_that_its_client_is_gone(Transport transport)
    {
        var begun = new TaskCompletionSource();
        var aborted = new TaskCompletionSource();
        await using TestApp app = await TestApp.StartAsync(transport, async context =>
        {
            begun.SetResult();
            await context.RequestAborted.FiredAsync();
            aborted.SetResult();
        });
        Client client = await app.ConnectAsync();
        await client.SendGetAsync();
        await begun.Task.InTimeAsync();
        client.Reset();

        await aborted.Task.InTimeAsync();
    }

    [Theory]
    [MemberData(nameof(Transports.All), MemberType = typeof(Transports))]
    public async Task A_response_to_a_client_that_is_gone_ends_its_writing(Transport transport)
    {
        var begun = new TaskCompletionSource();
        var ended = new TaskCompletionSource();
        await using TestApp app = await TestApp.StartAsync(transport, async context =>
        {
            begun.TrySetResult();
            byte[] block = new byte[100_000];
            try
            {
                while (!context.RequestAborted.IsCancellationRequested)
                {
                    await context.Response.Body.WriteAsync(block, context.RequestAborted);
                }
            }
            catch (OperationCanceledException)
            {
            }

            ended.SetResult();
        });
        Client client = await app.ConnectAsync();
        await client.SendGetAsync();
        await client.ReceiveExactlyAsync(10_000);
        client.Reset();

        await ended.Task.InTimeAsync();
    }

    [Theory]
    [MemberData(nameof(Transports.All), MemberType = typeof(Transports))]
    public async Task An_application_that_aborts_resets_its_client(Transport transport)
    {
        await using TestApp app = await TestApp.StartAsync(transport, context =>
        {
            context.Abort();
            return Task.CompletedTask;
        });
        using Client client = await app.ConnectAsync();
        await client.SendGetAsync();

        await client.SeesResetAsync();
    }

    [Theory]
    [MemberData(nameof(Transports.All), MemberType = typeof(Transports))]
    public async Task A_body_that_nobody_reads_does_not_take_the_answer_from_its_client(Transport transport)
    {
        await using TestApp app = await TestApp.StartAsync(transport, Answer);
        using Client client = await app.ConnectAsync();
        await client.SendAsync($"POST / HTTP/1.1\r\nHost: test\r\nConnection: close\r\nContent-Length: 20000\r\n\r\n{new string('x', 20_000)}");

        Assert.Equal("hello", (await client.ReceiveAnswerAsync()).Body);
        await client.SeesFinAsync();
    }

    [Theory]
    [MemberData(nameof(Transports.All), MemberType = typeof(Transports))]
    public async Task A_body_that_comes_too_slowly_ends_its_connection(Transport transport)
    {
        await using TestApp app = await TestApp.StartAsync(
            transport,
            async context => await context.Request.Body.CopyToAsync(Stream.Null),
            options => options.Kestrel = kestrel => kestrel.Limits.MinRequestBodyDataRate = new MinDataRate(1_000_000, TimeSpan.FromSeconds(1.1)));
        using Client client = await app.ConnectAsync();
        await client.SendAsync("POST / HTTP/1.1\r\nHost: test\r\nContent-Length: 1000\r\n\r\npart");

        await client.SeesEndAsync();
        Assert.Contains(app.Log.Entries, entry => entry.Id.Name == "RequestBodyMinimumDataRateNotSatisfied");
    }

    [Theory]
    [MemberData(nameof(Transports.All), MemberType = typeof(Transports))]
    public async Task A_client_that_takes_its_answer_too_slowly_is_reset(Transport transport)
    {
        var ended = new TaskCompletionSource();
        await using TestApp app = await TestApp.StartAsync(
            transport,
            async context =>
            {
                byte[] block = new byte[1 << 20];
                try
                {
                    for (int i = 0; i < 64 && !context.RequestAborted.IsCancellationRequested; i++)
                    {
                        await context.Response.Body.WriteAsync(block, context.RequestAborted);
                    }
                }
                catch (OperationCanceledException)
                {
                }

                ended.SetResult();
            },
            options => options.Kestrel = kestrel => kestrel.Limits.MinResponseDataRate = new MinDataRate(100_000_000, TimeSpan.FromSeconds(1.1)));
        using Client client = await app.ConnectAsync();
        await client.SendGetAsync();

        await ended.Task.InTimeAsync();
        await client.SeesResetAsync();
    }

    [Theory]
    [MemberData(nameof(Transports.All), MemberType = typeof(Transports))]
    public async Task An_idle_connection_ends_with_its_keep_alive_timeout(Transport transport)
    {
        await using TestApp app = await TestApp.StartAsync(
            transport,
            Answer,
            options => options.Kestrel = kestrel => kestrel.Limits.KeepAliveTimeout = TimeSpan.FromSeconds(1));
        using Client client = await app.ConnectAsync();
        await client.SendGetAsync();
        await client.ReceiveAnswerAsync();

        await client.SeesFinAsync();
    }

    private static Task Answer(HttpContext context)
    {
        context.Response.ContentLength = 5;
        return context.Response.WriteAsync("hello");
    }

    private static async Task AssertAnswersAsync(TestApp app)
    {
        using Client client = await app.ConnectAsync();
        await client.SendGetAsync();
        Assert.Equal("hello", (await client.ReceiveAnswerAsync()).Body);
    }
}
