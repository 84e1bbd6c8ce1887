using System.IO.Pipelines;
using Microsoft.AspNetCore.Connections;

namespace Reactor.Net.Kestrel.Tests.Connections;

/// <summary>How connections end, and who is told of it.</summary>
public sealed class ConnectionEndTests
{
    [Theory]
    [MemberData(nameof(Transports.All), MemberType = typeof(Transports))]
    public async Task FIN_ends_reads_and_fires_the_token_and_the_answer_still_arrives(Transport transport)
    {
        var closed = new TaskCompletionSource();
        await using TestApp app = await TestApp.ServeAsync(transport, async connection =>
        {
            await connection.ConnectionClosed.FiredAsync();
            closed.SetResult();
            ReadResult result = await connection.Transport.Input.ReadAsync();
            Assert.Equal(5, result.Buffer.Length);
            connection.Transport.Input.AdvanceTo(result.Buffer.End);
            while (!result.IsCompleted)
            {
                result = await connection.Transport.Input.ReadAsync();
                connection.Transport.Input.AdvanceTo(result.Buffer.End);
            }

            await connection.Transport.Output.WriteAsync("answer"u8.ToArray());
        });
        using Client client = await app.ConnectAsync();
        await client.SendAsync("hello");
        client.Finish();

        await closed.Task.InTimeAsync();
        Assert.Equal("answer"u8.ToArray(), await client.ReceiveToEndAsync());
    }

    [Theory]
    [MemberData(nameof(Transports.All), MemberType = typeof(Transports))]
    public async Task A_reset_ends_a_read_with_ConnectionResetException_and_fires_the_token(Transport transport)
    {
        var failure = new TaskCompletionSource<Exception>();
        var closed = new TaskCompletionSource();
        var reading = new TaskCompletionSource();
        await using TestApp app = await TestApp.ServeAsync(transport, async connection =>
        {
            ValueTask<ReadResult> read = connection.Transport.Input.ReadAsync();
            reading.SetResult();
            failure.SetResult(await Assert.ThrowsAnyAsync<Exception>(async () => await read));
            await connection.ConnectionClosed.FiredAsync();
            closed.SetResult();
        });
        Client client = await app.ConnectAsync();
        await reading.Task.InTimeAsync();
        client.Reset();

        Assert.IsType<ConnectionResetException>(await failure.Task.InTimeAsync());
        await closed.Task.InTimeAsync();
    }

    [Theory]
    [MemberData(nameof(Transports.All), MemberType = typeof(Transports))]
    public async Task A_reset_fires_the_token_while_nobody_reads(Transport transport)
    {
        var begun = new TaskCompletionSource();
        var closed = new TaskCompletionSource();
        await using TestApp app = await TestApp.ServeAsync(transport, async connection =>
        {
            ReadResult result = await connection.Transport.Input.ReadAsync();
            connection.Transport.Input.AdvanceTo(result.Buffer.End);
            begun.SetResult();
            await connection.ConnectionClosed.FiredAsync();
            closed.SetResult();
        });
        Client client = await app.ConnectAsync();
        await client.SendAsync("x");
        await begun.Task.InTimeAsync();
        client.Reset();

        await closed.Task.InTimeAsync();
    }

    [Theory]
    [MemberData(nameof(Transports.All), MemberType = typeof(Transports))]
    public async Task An_abort_resets_the_peer_and_ends_a_read_with_its_reason(Transport transport)
    {
        var reason = new ConnectionAbortedException("enough");
        var failure = new TaskCompletionSource<Exception>();
        var reading = new TaskCompletionSource<ConnectionContext>();
        var closed = new TaskCompletionSource();
        await using TestApp app = await TestApp.ServeAsync(transport, async connection =>
        {
            ValueTask<ReadResult> read = connection.Transport.Input.ReadAsync();
            reading.SetResult(connection);
            failure.SetResult(await Assert.ThrowsAnyAsync<Exception>(async () => await read));
            await connection.ConnectionClosed.FiredAsync();
            closed.SetResult();
        });
        using Client client = await app.ConnectAsync();
        ConnectionContext context = await reading.Task.InTimeAsync();
        context.Abort(reason);

        Assert.Same(reason, await failure.Task.InTimeAsync());
        await client.SeesResetAsync();
        await closed.Task.InTimeAsync();
    }

    [Theory]
    [MemberData(nameof(Transports.All), MemberType = typeof(Transports))]
    public async Task The_token_has_fired_when_a_connection_has_ended_by_itself(Transport transport)
    {
        var accepted = new TaskCompletionSource<CancellationToken>();
        await using TestApp app = await TestApp.ServeAsync(transport, connection =>
        {
            accepted.SetResult(connection.ConnectionClosed);
            return connection.Transport.Output.WriteAsync("bye"u8.ToArray()).AsTask();
        });
        using Client client = await app.ConnectAsync();
        CancellationToken closed = await accepted.Task.InTimeAsync();

        Assert.Equal("bye"u8.ToArray(), await client.ReceiveToEndAsync());
        await closed.FiredAsync();
    }

    [Theory]
    [MemberData(nameof(Transports.All), MemberType = typeof(Transports))]
    public async Task Callbacks_of_the_token_run_on_the_thread_pool(Transport transport)
    {
        var ran = new TaskCompletionSource<bool>();
        await using TestApp app = await TestApp.ServeAsync(transport, async connection =>
        {
            connection.ConnectionClosed.Register(() => ran.SetResult(Thread.CurrentThread.IsThreadPoolThread && Shard.Current is null));
            ReadResult result = await connection.Transport.Input.ReadAsync();
            connection.Transport.Input.AdvanceTo(result.Buffer.End);
        });
        using Client client = await app.ConnectAsync();
        client.Finish();

        Assert.True(await ran.Task.InTimeAsync());
    }

    [Theory]
    [MemberData(nameof(Transports.All), MemberType = typeof(Transports))]
    public async Task An_output_that_is_completed_with_an_exception_resets_the_peer(Transport transport)
    {
        await using TestApp app = await TestApp.ServeAsync(transport, async connection =>
        {
            await connection.Transport.Input.ReadAsync();
            await connection.Transport.Output.WriteAsync("half"u8.ToArray());
            await connection.Transport.Output.CompleteAsync(new InvalidOperationException("no more of it"));
            await connection.ConnectionClosed.FiredAsync();
        });
        using Client client = await app.ConnectAsync();
        await client.SendAsync("go");

        await client.SeesResetAsync();
    }

    /// <remarks>Kestrel's sockets close both directions; a shard's connection goes on receiving.</remarks>
    [Theory]
    [MemberData(nameof(Transports.Reactor), MemberType = typeof(Transports))]
    public async Task After_its_output_is_completed_a_connection_still_receives(Transport transport)
    {
        var received = new TaskCompletionSource<long>();
        await using TestApp app = await TestApp.ServeAsync(transport, async connection =>
        {
            await connection.Transport.Output.WriteAsync("go"u8.ToArray());
            await connection.Transport.Output.CompleteAsync();
            ReadResult result = await connection.Transport.Input.ReadAtLeastAsync(5);
            received.SetResult(result.Buffer.Length);
        });
        using Client client = await app.ConnectAsync();
        Assert.Equal("go"u8.ToArray(), await client.ReceiveToEndAsync());
        await client.SendAsync("hello");

        Assert.Equal(5, await received.Task.InTimeAsync());
    }

    [Theory]
    [MemberData(nameof(Transports.All), MemberType = typeof(Transports))]
    public async Task Writing_to_a_peer_that_is_gone_ends_without_an_exception(Transport transport)
    {
        var gone = new TaskCompletionSource();
        var begun = new TaskCompletionSource();
        var told = new TaskCompletionSource();
        await using TestApp app = await TestApp.ServeAsync(transport, async connection =>
        {
            begun.SetResult();
            await gone.Task;
            byte[] block = new byte[65_536];
            while (!(await connection.Transport.Output.WriteAsync(block)).IsCompleted)
            {
            }

            told.SetResult();
        });
        Client client = await app.ConnectAsync();
        await begun.Task.InTimeAsync();
        client.Reset();
        gone.SetResult();

        await told.Task.InTimeAsync();
    }

    [Theory]
    [MemberData(nameof(Transports.All), MemberType = typeof(Transports))]
    public async Task A_flush_that_waits_for_a_slow_peer_ends_when_that_goes(Transport transport)
    {
        var waiting = new TaskCompletionSource();
        var told = new TaskCompletionSource();
        await using TestApp app = await TestApp.ServeAsync(transport, async connection =>
        {
            byte[] block = new byte[1 << 20];
            while (true)
            {
                ValueTask<FlushResult> flush = connection.Transport.Output.WriteAsync(block);
                if (!flush.IsCompleted)
                {
                    waiting.TrySetResult();
                }

                if ((await flush).IsCompleted)
                {
                    break;
                }
            }

            told.SetResult();
        });
        Client client = await app.ConnectAsync();
        await waiting.Task.InTimeAsync();
        client.Reset();

        await told.Task.InTimeAsync();
    }

    [Theory]
    [MemberData(nameof(Transports.All), MemberType = typeof(Transports))]
    public async Task What_was_written_last_arrives_though_the_peer_has_sent_what_nobody_reads(Transport transport)
    {
        var sent = new TaskCompletionSource();
        await using TestApp app = await TestApp.ServeAsync(transport, async connection =>
        {
            await sent.Task;
            await connection.Transport.Output.WriteAsync(new byte[10_000]);
        });
        using Client client = await app.ConnectAsync();
        await client.SendAsync(new byte[30_000]);
        sent.SetResult();

        Assert.Equal(10_000, (await client.ReceiveToEndAsync()).Length);
    }
}
