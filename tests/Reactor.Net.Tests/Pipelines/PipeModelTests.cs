using System.Buffers;
using System.Globalization;
using System.IO.Pipelines;
using Xunit.Abstractions;

namespace Reactor.Net.Tests.Pipelines;

/// <summary>
/// Random use of a connection's pipe beside the same use of .NET's own <see cref="Pipe"/>, which is the contract.
/// <c>REACTOR_PIPE_SCRIPTS</c> makes it longer, <c>REACTOR_PIPE_SEED</c> another.
/// </summary>
public sealed class PipeModelTests(ITestOutputHelper output) : PipeTest
{
    private const int Steps = 150;

    /// <summary>What the kernel surely takes when nobody reads.</summary>
    private const int MostOutstanding = 40_000;

    [Fact]
    public Task Reading_does_what_a_Pipe_does() => RunAsync(async random =>
    {
        using PipePair pair = await PipeAsync(blockSize: random.Next(600, 5_000));
        await new ReadingScript(pair, random).RunAsync();
    });

    [Fact]
    public Task Writing_does_what_a_Pipe_does() => RunAsync(async random =>
    {
        using PipePair pair = await NarrowPipeAsync(options => (options.PauseWriterThreshold, options.ResumeWriterThreshold) = (20_000, random.Next(1, 20_000)));
        await new WritingScript(pair, random).RunAsync();
    });

    private async Task RunAsync(Func<Random, Task> script)
    {
        int first = Setting("REACTOR_PIPE_SEED", 20_261_125);
        for (int seed = first; seed < first + Setting("REACTOR_PIPE_SCRIPTS", 100); seed++)
        {
            try
            {
                await OnShard(() => script(new Random(seed)));
            }
            catch
            {
                output.WriteLine($"REACTOR_PIPE_SEED={seed} REACTOR_PIPE_SCRIPTS=1");
                throw;
            }
        }
    }

    private static int Setting(string name, int otherwise) =>
        int.TryParse(Environment.GetEnvironmentVariable(name), NumberStyles.None, CultureInfo.InvariantCulture, out int value) ? value : otherwise;

    private static Pipe NewModel() => new(new PipeOptions(pauseWriterThreshold: 0, resumeWriterThreshold: 0, useSynchronizationContext: false));

    /// <summary>
    /// What the peer sends goes to the model too. The model has it at once, the connection a little later: so a buffer of
    /// ours is the beginning of the model's, and equal to it when the read has asked for everything.
    /// </summary>
    private sealed class ReadingScript(PipePair pair, Random random)
    {
        private readonly Pipe _model = NewModel();
        private long _sent;
        private long _consumed;
        private long _examined;
        private bool _hasEnded;
        private bool _isOver;

        private int Outstanding => (int)(_sent - _consumed);

        internal async Task RunAsync()
        {
            for (int step = 0; step < Steps && !_isOver; step++)
            {
                switch (random.Next(10))
                {
                    case < 4:
                        await SendAsync();
                        break;
                    case 4:
                        Cancel();
                        break;
                    case 5:
                        if (step > Steps / 2)
                        {
                            await EndAsync();
                        }

                        break;
                    case 6:
                        await TryReadAsync();
                        break;
                    default:
                        await ReadAsync();
                        break;
                }
            }
        }

        private async Task SendAsync()
        {
            int length = Math.Min(random.Next(1, random.Next(2) == 0 ? 100 : 15_000), MostOutstanding - Outstanding);
            if (length <= 0 || _hasEnded)
            {
                return;
            }

            byte[] bytes = new byte[length];
            random.NextBytes(bytes);
            await pair.SendAsync(bytes);
            await _model.Writer.WriteAsync(bytes);
            _sent += length;
        }

        private void Cancel()
        {
            pair.Input.CancelPendingRead();
            _model.Reader.CancelPendingRead();
        }

        private async Task EndAsync()
        {
            if (!_hasEnded)
            {
                _hasEnded = true;
                pair.Peer.ShutdownSend();
                await _model.Writer.CompleteAsync();
            }
        }

        private async Task TryReadAsync()
        {
            bool isThere = _model.Reader.TryRead(out ReadResult expected);
            ReadResult result;
            while (!pair.Input.TryRead(out result))
            {
                if (!isThere)
                {
                    return;
                }

                await NextTurn();
            }

            Assert.True(isThere);
            Advance(expected, result, isWhole: false);
        }

        private async Task ReadAsync()
        {
            // The model is not asked for so much: what it has it returns, and it would not count what has been examined.
            ValueTask<ReadResult> expecting = _model.Reader.ReadAsync();
            ValueTask<ReadResult> reading = pair.Input.ReadAtLeastAsync(_hasEnded ? int.MaxValue : Outstanding);
            bool isWhole = expecting.IsCompleted;
            while (!expecting.IsCompleted)
            {
                await NextTurn();
                Assert.False(reading.IsCompleted);
                switch (random.Next(4))
                {
                    case < 2:
                        await SendAsync();
                        break;
                    case 2:
                        Cancel();
                        break;
                    default:
                        await EndAsync();
                        break;
                }
            }

            Advance(await expecting, await reading, isWhole);
        }

        private void Advance(ReadResult expected, ReadResult result, bool isWhole)
        {
            Assert.Equal(expected.IsCanceled, result.IsCanceled);
            Assert.True(expected.IsCompleted || !result.IsCompleted);
            long length = result.Buffer.Length;
            Assert.Equal(expected.Buffer.Slice(0, length).ToArray(), result.Buffer.ToArray());
            if (isWhole && !expected.IsCanceled)
            {
                Assert.Equal(expected.Buffer.Length, length);
                Assert.Equal(expected.IsCompleted, result.IsCompleted);
            }

            // A Pipe does not take back what it was told of as examined.
            long consumed = random.Next(3) switch { 0 => 0, 1 => length, _ => random.NextInt64(length + 1) };
            long examined = Math.Max(random.Next(2) == 0 ? length : random.NextInt64(consumed, length + 1), _examined - _consumed);
            pair.Input.AdvanceTo(result.Buffer.GetPosition(consumed), result.Buffer.GetPosition(examined));
            _model.Reader.AdvanceTo(expected.Buffer.GetPosition(consumed), expected.Buffer.GetPosition(examined));
            _examined = _consumed + examined;
            _consumed += consumed;
            _isOver = result.IsCompleted && consumed == length;
        }
    }

    /// <summary>What is written goes to the model too, and the peer receives what the model's reader does.</summary>
    private sealed class WritingScript(PipePair pair, Random random)
    {
        private readonly Pipe _model = NewModel();
        private readonly ArrayBufferWriter<byte> _received = new();
        private long _flushed;
        private long _count;

        internal async Task RunAsync()
        {
            Task receiving = Task.Run(ReceiveAsync);
            for (int step = 0; step < Steps; step++)
            {
                switch (random.Next(10))
                {
                    case < 5:
                        Write(random.Next(4) switch { 0 => 0, 1 => random.Next(10_000), _ => random.Next(300) });
                        break;
                    case < 8:
                        await FlushAsync();
                        break;
                    case 8:
                        pair.Output.CancelPendingFlush();
                        _model.Writer.CancelPendingFlush();
                        break;
                    default:
                        // No more and no less than what was flushed.
                        await Eventually.IsEqualAsync(_flushed, () => Volatile.Read(ref _count), "bytes received");
                        break;
                }

                Assert.Equal(_model.Writer.UnflushedBytes, pair.Output.UnflushedBytes);
            }

            await _model.Writer.CompleteAsync();
            await pair.Output.CompleteAsync();
            await receiving;
            ReadResult expected = await _model.Reader.ReadAtLeastAsync(int.MaxValue);
            Assert.Equal(expected.Buffer.ToArray(), _received.WrittenSpan.ToArray());
        }

        private void Write(int length)
        {
            int hint = random.Next(2) == 0 ? 0 : length;
            while (true)
            {
                Memory<byte> memory = pair.Output.GetMemory(hint);
                Assert.InRange(memory.Length, Math.Max(hint, 1), int.MaxValue);
                int part = Math.Min(memory.Length, length);
                random.NextBytes(memory.Span[..part]);
                _model.Writer.Write(memory.Span[..part]);
                pair.Output.Advance(part);
                length -= part;
                if (length == 0)
                {
                    return;
                }
            }
        }

        private async Task FlushAsync()
        {
            _flushed += pair.Output.UnflushedBytes;
            FlushResult expected = await _model.Writer.FlushAsync();
            FlushResult result = await pair.Output.FlushAsync();
            Assert.Equal(expected.IsCanceled, result.IsCanceled);
            Assert.Equal(expected.IsCompleted, result.IsCompleted);
        }

        private async Task ReceiveAsync()
        {
            byte[] buffer = new byte[4_096];
            while (await pair.Peer.ReceiveAsync(buffer).WaitAsync(Eventually.Patience) is var received and > 0)
            {
                _received.Write(buffer.AsSpan(0, received));
                Interlocked.Add(ref _count, received);
            }
        }
    }
}
