using System.Net.Sockets;
using Reactor.Net.Tests.Streams;

namespace Reactor.Net.Tests.Hammer;

/// <summary>What a connection of two ends, on whatever shards, goes through: what each sends, and how it comes to its end.</summary>
internal sealed class StreamConversation
{
    private readonly int _seed;
    private readonly BlockCounter _blocks;

    // Of each end: how much it sends, and after how much of what it has received it breaks off, if it does.
    private readonly Part _first;
    private readonly Part _second;

    internal StreamConversation(int seed, BlockCounter blocks)
    {
        var random = new Random(seed);
        _seed = seed;
        _blocks = blocks;
        _first = Part.Choose(random);
        _second = Part.Choose(random);
    }

    private enum Ending
    {
        Finishes,
        Closes,
        Aborts,
    }

    /// <summary>Whether both ends were to send all of it, and receive all of the other's.</summary>
    internal bool IsWhole => _first.Ending == Ending.Finishes && _second.Ending == Ending.Finishes;

    internal Task<Outcome> RunFirstAsync(StreamConnection connection) => RunAsync(connection, _first, _seed + 1, _seed + 2);

    internal Task<Outcome> RunSecondAsync(StreamConnection connection) => RunAsync(connection, _second, _seed + 2, _seed + 1);

    /// <summary>What both ends must agree on when they have ended.</summary>
    internal void Check(Outcome first, Outcome second)
    {
        Assert.True(second.Received <= first.Handed && first.Received <= second.Handed, $"more came than went: {first}, {second}");
        if (IsWhole)
        {
            Assert.Equal((_first.Length, _second.Length), (first.Handed, second.Handed));
            Assert.Equal((_second.Length, _first.Length), (first.Received, second.Received));
            Assert.True(first.SawEnd && second.SawEnd, $"no end was seen: {first}, {second}");
        }
    }

    private async Task<Outcome> RunAsync(StreamConnection connection, Part part, int own, int others)
    {
        var random = new Random(own);
        StreamUse[] uses = Enum.GetValues<StreamUse>();
        StreamEnd end = StreamEnd.Of(uses[random.Next(uses.Length)], connection, _blocks);
        var outcome = new Outcome();
        Task sending = SendAsync(end, part, own, outcome, new Random(own + 7));
        Task receiving = ReceiveAsync(end, part, others, outcome, new Random(own + 9));
        try
        {
            await Task.WhenAll(sending, receiving);
        }
        finally
        {
            connection.Close();
        }

        return outcome;
    }

    private static async Task SendAsync(StreamEnd end, Part part, int stream, Outcome outcome, Random random)
    {
        byte[] buffer = new byte[32 * 1024];
        try
        {
            while (outcome.Handed < part.Length)
            {
                int size = (int)Math.Min(random.Next(1, random.Next(8) == 0 ? buffer.Length : 2_000), part.Length - outcome.Handed);
                CodedBytes.Fill(buffer.AsSpan(0, size), stream, outcome.Handed);
                outcome.Handed += size;
                await end.SendAsync(buffer.AsMemory(0, size));
                await PauseAsync(random);
            }

            await end.FinishAsync();
        }
        catch (Exception failure) when (IsEnd(failure))
        {
            // The other end has broken off, or this one has.
        }
    }

    private static async Task ReceiveAsync(StreamEnd end, Part part, int stream, Outcome outcome, Random random)
    {
        byte[] buffer = new byte[random.Next(16, 16 * 1024)];
        try
        {
            while (part.Ending == Ending.Finishes || outcome.Received < part.BreaksOffAfter)
            {
                int received = await ReceiveSomeAsync(end, buffer, random);
                CodedBytes.Check(buffer.AsSpan(0, received), stream, outcome.Received);
                outcome.Received += received;
                if (received == 0)
                {
                    outcome.SawEnd = true;
                    break;
                }

                await PauseAsync(random);
            }
        }
        catch (Exception failure) when (IsEnd(failure))
        {
        }

        switch (part.Ending)
        {
            case Ending.Closes:
                end.Connection.Close();
                break;
            case Ending.Aborts:
                end.Connection.Abort();
                break;
        }
    }

    /// <summary>Now and then it is cancelled, at once or later, here or on another thread; and tried again, because nothing is lost.</summary>
    private static async ValueTask<int> ReceiveSomeAsync(StreamEnd end, byte[] buffer, Random random)
    {
        while (true)
        {
            if (random.Next(6) != 0)
            {
                return await end.ReceiveAsync(buffer, CancellationToken.None);
            }

            // Not disposed here: it may still be about to be cancelled from the thread pool.
            var cancellation = new CancellationTokenSource();
            ValueTask<int> receiving = end.ReceiveAsync(buffer, cancellation.Token);
            switch (random.Next(3))
            {
                case 0:
                    cancellation.Cancel();
                    break;
                case 1:
                    await Shard.Yield();
                    cancellation.Cancel();
                    break;
                default:
                    ThreadPool.UnsafeQueueUserWorkItem(static cancellation => ((CancellationTokenSource)cancellation!).Cancel(), cancellation);
                    break;
            }

            try
            {
                return await receiving;
            }
            catch (OperationCanceledException)
            {
            }
        }
    }

    private static async ValueTask PauseAsync(Random random)
    {
        switch (random.Next(24))
        {
            case 0:
                await Shard.Delay(TimeSpan.FromMilliseconds(random.Next(3)));
                break;
            case < 6:
                await Shard.Yield();
                break;
        }
    }

    private static bool IsEnd(Exception failure) => failure is SocketException or IOException or ObjectDisposedException;

    /// <summary>What has become of one end.</summary>
    internal sealed record Outcome
    {
        /// <summary>Bytes given to the connection to be sent.</summary>
        internal long Handed { get; set; }

        internal long Received { get; set; }

        internal bool SawEnd { get; set; }
    }

    private sealed record Part(long Length, Ending Ending, long BreaksOffAfter)
    {
        internal static Part Choose(Random random)
        {
            // Long ones fill the buffers of the kernel and make senders wait; they cost as much as a hundred others.
            long length = random.Next(12) switch
            {
                0 => 0,
                1 => random.Next(200_000, 600_000),
                _ => random.Next(20_000),
            };
            Ending ending = random.Next(4) switch
            {
                0 => Ending.Closes,
                1 => Ending.Aborts,
                _ => Ending.Finishes,
            };
            return new Part(length, ending, random.Next(20_000));
        }
    }
}
