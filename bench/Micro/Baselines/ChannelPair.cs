using System.Threading.Channels;

namespace Reactor.Bench.Micro.Baselines;

/// <summary>
/// What one would write without shards: a bounded channel for the requests, one for the answers, and somebody at the far end
/// who reads the one and writes the other.
/// </summary>
internal sealed class ChannelPair
{
    /// <summary>As many as the calls under way that the benchmarks with many have.</summary>
    public const int Capacity = 1_024;

    private readonly Channel<int> _requests = Create();
    private readonly Channel<int> _answers = Create();

    /// <summary>Answers until <see cref="Complete"/>.</summary>
    public async Task ServeAsync()
    {
        await foreach (int request in _requests.Reader.ReadAllAsync())
        {
            await _answers.Writer.WriteAsync(request + 1);
        }
    }

    /// <summary>One call after the other.</summary>
    public async Task<long> CallAsync(int calls)
    {
        long sum = 0;
        for (int i = 0; i < calls; i++)
        {
            await _requests.Writer.WriteAsync(i);
            sum += await _answers.Reader.ReadAsync();
        }

        Complete();
        return sum;
    }

    /// <summary>Requests as fast as the channel takes them; <see cref="CollectAsync"/> takes the answers meanwhile.</summary>
    public async Task RequestAsync(int calls)
    {
        for (int i = 0; i < calls; i++)
        {
            await _requests.Writer.WriteAsync(i);
        }

        Complete();
    }

    public async Task<long> CollectAsync(int calls)
    {
        long sum = 0;
        for (int i = 0; i < calls; i++)
        {
            sum += await _answers.Reader.ReadAsync();
        }

        return sum;
    }

    /// <summary>Takes requests and answers none, until <see cref="Complete"/>.</summary>
    public async Task<long> ConsumeAsync()
    {
        long sum = 0;
        await foreach (int request in _requests.Reader.ReadAllAsync())
        {
            sum += request;
        }

        return sum;
    }

    /// <summary><see cref="ServeAsync"/> for a thread of its own that sleeps until there is something.</summary>
    public void ServeBlocking()
    {
        while (Block(_requests.Reader.WaitToReadAsync()))
        {
            while (_requests.Reader.TryRead(out int request))
            {
                Write(_answers.Writer, request + 1);
            }
        }
    }

    /// <summary><see cref="CallAsync"/> for a thread of its own.</summary>
    public long CallBlocking(int calls)
    {
        long sum = 0;
        for (int i = 0; i < calls; i++)
        {
            Write(_requests.Writer, i);
            int answer;
            while (!_answers.Reader.TryRead(out answer))
            {
                Block(_answers.Reader.WaitToReadAsync());
            }

            sum += answer;
        }

        Complete();
        return sum;
    }

    /// <summary><see cref="ServeAsync"/> for a thread that has a CPU to itself and never waits.</summary>
    public void ServePolling(int calls)
    {
        for (int i = 0; i < calls; i++)
        {
            Spin(_answers.Writer, Spin(_requests.Reader) + 1);
        }
    }

    /// <summary>Calls, of which <paramref name="underWay"/> are unanswered, for a thread that has a CPU to itself and never waits.</summary>
    public long CallPolling(int calls, int underWay)
    {
        long sum = 0;
        for (int i = 0; i < calls; i++)
        {
            if (i >= underWay)
            {
                sum += Spin(_answers.Reader);
            }

            Spin(_requests.Writer, i);
        }

        for (int i = 0; i < underWay; i++)
        {
            sum += Spin(_answers.Reader);
        }

        return sum;
    }

    public void RequestPolling(int calls)
    {
        for (int i = 0; i < calls; i++)
        {
            Spin(_requests.Writer, i);
        }
    }

    public long ConsumePolling(int calls)
    {
        long sum = 0;
        for (int i = 0; i < calls; i++)
        {
            sum += Spin(_requests.Reader);
        }

        return sum;
    }

    private void Complete() => _requests.Writer.Complete();

    private static Channel<int> Create() =>
        Channel.CreateBounded<int>(new BoundedChannelOptions(Capacity) { SingleReader = true, SingleWriter = true });

    private static bool Block(ValueTask<bool> pending) => pending.IsCompleted ? pending.Result : pending.AsTask().GetAwaiter().GetResult();

    private static void Write(ChannelWriter<int> writer, int item)
    {
        while (!writer.TryWrite(item))
        {
            Block(writer.WaitToWriteAsync());
        }
    }

    private static int Spin(ChannelReader<int> reader)
    {
        int item;
        while (!reader.TryRead(out item))
        {
            Thread.SpinWait(1);
        }

        return item;
    }

    private static void Spin(ChannelWriter<int> writer, int item)
    {
        while (!writer.TryWrite(item))
        {
            Thread.SpinWait(1);
        }
    }
}
