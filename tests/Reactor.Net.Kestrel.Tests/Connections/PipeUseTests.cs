using System.Buffers;
using System.IO.Pipelines;
using System.Text;

namespace Reactor.Net.Kestrel.Tests.Connections;

/// <summary>The pipes of a connection, used as their contract allows: on any thread, one at a time.</summary>
public sealed class PipeUseTests
{
    [Theory]
    [MemberData(nameof(Transports.All), MemberType = typeof(Transports))]
    public async Task What_is_read_comes_back(Transport transport)
    {
        await using TestApp app = await TestApp.ServeAsync(transport, async connection =>
        {
            while (true)
            {
                ReadResult result = await connection.Transport.Input.ReadAsync();
                foreach (ReadOnlyMemory<byte> part in result.Buffer)
                {
                    await connection.Transport.Output.WriteAsync(part);
                }

                connection.Transport.Input.AdvanceTo(result.Buffer.End);
                if (result.IsCompleted)
                {
                    return;
                }
            }
        });
        using Client client = await app.ConnectAsync();
        byte[] sent = new byte[3_000_000];
        new Random(1).NextBytes(sent);
        Task sending = client.SendAsync(sent);
        byte[] received = await client.ReceiveExactlyAsync(sent.Length);
        await sending;

        Assert.True(sent.AsSpan().SequenceEqual(received));
        client.Finish();
        await client.SeesFinAsync();
    }

    [Theory]
    [MemberData(nameof(Transports.All), MemberType = typeof(Transports))]
    public async Task Writes_from_changing_threads_arrive_in_their_order(Transport transport)
    {
        const int Writes = 3_000;
        await using TestApp app = await TestApp.ServeAsync(transport, async connection =>
        {
            // The first read brings an application that is scheduled on the shard there.
            await connection.Transport.Input.ReadAsync();
            PipeWriter output = connection.Transport.Output;
            var random = new Random(7);
            for (int i = 0; i < Writes; i++)
            {
                Memory<byte> memory = output.GetMemory(16);
                int length = Encoding.ASCII.GetBytes($"{i},", memory.Span);
                if (random.Next(4) == 0)
                {
                    // The memory is filled and advanced over on another thread than it was asked for on.
                    await Task.Run(static () => { }).ConfigureAwait(false);
                }

                output.Advance(length);
                switch (random.Next(5))
                {
                    case 0:
                        await output.FlushAsync();
                        break;
                    case 1:
                        await output.FlushAsync().ConfigureAwait(false);
                        break;
                    case 2:
                        await Task.Yield();
                        break;
                }
            }

            await output.FlushAsync();
        });
        using Client client = await app.ConnectAsync();
        await client.SendAsync("go");
        string text = Encoding.ASCII.GetString(await client.ReceiveToEndAsync());

        Assert.Equal(string.Concat(Enumerable.Range(0, Writes).Select(i => $"{i},")), text);
    }

    [Theory]
    [MemberData(nameof(Transports.All), MemberType = typeof(Transports))]
    public async Task Reads_from_changing_threads_see_every_byte_once(Transport transport)
    {
        const int Size = 2_000_000;
        var sum = new TaskCompletionSource<long>();
        await using TestApp app = await TestApp.ServeAsync(transport, async connection =>
        {
            PipeReader input = connection.Transport.Input;
            var random = new Random(3);
            long total = 0;
            byte next = 0;
            while (total < Size)
            {
                if (random.Next(3) == 0)
                {
                    await Task.Run(static () => { }).ConfigureAwait(false);
                }

                ReadResult result = random.Next(4) == 0 ? await input.ReadAtLeastAsync((int)Math.Min(1_000, Size - total)) : await input.ReadAsync();
                if (random.Next(3) == 0)
                {
                    await Task.Run(static () => { }).ConfigureAwait(false);
                }

                long take = Math.Min(result.Buffer.Length, random.Next(3) == 0 ? 10 : long.MaxValue);
                ReadOnlySequence<byte> taken = result.Buffer.Slice(0, take);
                foreach (ReadOnlyMemory<byte> part in taken)
                {
                    foreach (byte value in part.Span)
                    {
                        Assert.Equal(next++, value);
                    }
                }

                total += take;
                input.AdvanceTo(taken.End);
            }

            sum.SetResult(total);
        });
        using Client client = await app.ConnectAsync();
        byte[] sent = new byte[Size];
        for (int i = 0; i < sent.Length; i++)
        {
            sent[i] = (byte)i;
        }

        await client.SendAsync(sent);

        Assert.Equal(Size, await sum.Task.InTimeAsync());
    }

    [Theory]
    [MemberData(nameof(Transports.All), MemberType = typeof(Transports))]
    public async Task A_read_waits_for_more_than_was_examined(Transport transport)
    {
        var lengths = new TaskCompletionSource<(long First, long Second)>();
        var half = new TaskCompletionSource();
        await using TestApp app = await TestApp.ServeAsync(transport, async connection =>
        {
            PipeReader input = connection.Transport.Input;
            ReadResult first = await input.ReadAsync();
            long length = first.Buffer.Length;
            input.AdvanceTo(first.Buffer.Start, first.Buffer.End);
            half.SetResult();
            ReadResult second = await input.ReadAsync();
            lengths.SetResult((length, second.Buffer.Length));
            input.AdvanceTo(second.Buffer.End);
        });
        using Client client = await app.ConnectAsync();
        await client.SendAsync("four");
        await half.Task.InTimeAsync();
        await client.SendAsync("more");

        Assert.Equal((4, 8), await lengths.Task.InTimeAsync());
    }

    [Theory]
    [MemberData(nameof(Transports.All), MemberType = typeof(Transports))]
    public async Task A_pending_read_is_cancelled_from_another_thread_and_nothing_is_lost(Transport transport)
    {
        var reading = new TaskCompletionSource<PipeReader>();
        var cancelled = new TaskCompletionSource<bool>();
        var text = new TaskCompletionSource<long>();
        await using TestApp app = await TestApp.ServeAsync(transport, async connection =>
        {
            ValueTask<ReadResult> read = connection.Transport.Input.ReadAsync();
            reading.SetResult(connection.Transport.Input);
            ReadResult result = await read;
            connection.Transport.Input.AdvanceTo(result.Buffer.Start);
            cancelled.SetResult(result.IsCanceled);
            result = await connection.Transport.Input.ReadAsync();
            text.SetResult(result.Buffer.Length);
        });
        using Client client = await app.ConnectAsync();
        PipeReader input = await reading.Task.InTimeAsync();
        input.CancelPendingRead();

        Assert.True(await cancelled.Task.InTimeAsync());
        await client.SendAsync("hello");
        Assert.Equal(5, await text.Task.InTimeAsync());
    }

    [Theory]
    [MemberData(nameof(Transports.All), MemberType = typeof(Transports))]
    public async Task A_flush_that_waits_is_cancelled_from_another_thread(Transport transport)
    {
        var waiting = new TaskCompletionSource<PipeWriter>();
        var cancelled = new TaskCompletionSource<bool>();
        await using TestApp app = await TestApp.ServeAsync(transport, async connection =>
        {
            PipeWriter output = connection.Transport.Output;
            byte[] block = new byte[1 << 20];
            while (true)
            {
                ValueTask<FlushResult> flush = output.WriteAsync(block);
                if (!flush.IsCompleted)
                {
                    waiting.TrySetResult(output);
                }

                FlushResult result = await flush;
                if (result.IsCanceled || result.IsCompleted)
                {
                    cancelled.SetResult(result.IsCanceled);
                    connection.Abort();
                    return;
                }
            }
        });
        using Client client = await app.ConnectAsync();
        PipeWriter output = await waiting.Task.InTimeAsync();
        output.CancelPendingFlush();

        Assert.True(await cancelled.Task.InTimeAsync());
    }

    [Theory]
    [MemberData(nameof(Transports.All), MemberType = typeof(Transports))]
    public async Task TryRead_finds_what_has_come_on_whichever_thread(Transport transport)
    {
        var found = new TaskCompletionSource<long>();
        await using TestApp app = await TestApp.ServeAsync(transport, async connection =>
        {
            PipeReader input = connection.Transport.Input;
            ReadResult result;
            while (!input.TryRead(out result))
            {
                await Task.Delay(1);
            }

            input.AdvanceTo(result.Buffer.GetPosition(1));
            Assert.True(input.TryRead(out result) || (await input.ReadAsync()) is var read && (result = read).Buffer.Length > 0);
            found.SetResult(result.Buffer.Length);
        });
        using Client client = await app.ConnectAsync();
        await client.SendAsync("hello");

        Assert.Equal(4, await found.Task.InTimeAsync());
    }

    [Theory]
    [MemberData(nameof(Transports.All), MemberType = typeof(Transports))]
    public async Task A_token_ends_a_read(Transport transport)
    {
        var ended = new TaskCompletionSource<Exception>();
        await using TestApp app = await TestApp.ServeAsync(transport, async connection =>
        {
            using var cancellation = new CancellationTokenSource();
            ValueTask<ReadResult> read = connection.Transport.Input.ReadAsync(cancellation.Token);
            cancellation.Cancel();
            ended.SetResult(await Assert.ThrowsAnyAsync<Exception>(async () => await read));
        });
        using Client client = await app.ConnectAsync();

        Assert.IsAssignableFrom<OperationCanceledException>(await ended.Task.InTimeAsync());
    }

    [Theory]
    [MemberData(nameof(Transports.All), MemberType = typeof(Transports))]
    public async Task A_peer_that_nobody_reads_from_is_stopped_and_loses_nothing(Transport transport)
    {
        const int Size = 30_000_000;
        var mayRead = new TaskCompletionSource();
        var sum = new TaskCompletionSource<long>();
        await using TestApp app = await TestApp.ServeAsync(
            transport,
            async connection =>
            {
                PipeReader input = connection.Transport.Input;
                ReadResult result = await input.ReadAsync();
                input.AdvanceTo(result.Buffer.Start, result.Buffer.Start);
                await mayRead.Task;
                long total = 0;
                while (true)
                {
                    result = await input.ReadAsync();
                    total += result.Buffer.Length;
                    input.AdvanceTo(result.Buffer.End);
                    if (result.IsCompleted)
                    {
                        break;
                    }
                }

                sum.SetResult(total);
            },
            options => options.MaxReadBufferSize = 100_000);
        using Client client = await app.ConnectAsync();
        Task sending = client.SendAsync(new byte[Size]);

        // What fits into the buffers of the kernel and the connection has gone; the rest does not fit anywhere.
        await Eventually.IsTrueAsync(() => app.Log.Entries.Any(entry => entry.Id.Name == "ConnectionPause"), "the receiving pauses");
        Assert.False(sending.IsCompleted);
        mayRead.SetResult();
        await sending.InTimeAsync();
        client.Finish();

        Assert.Equal(Size, await sum.Task.InTimeAsync());
        Assert.Contains(app.Log.Entries, entry => entry.Id.Name == "ConnectionResume");
    }
}
