using Reactor.Polling;
using Reactor.Shards;
using Reactor.Tests.Support;

namespace Reactor.Tests.Shards;

public sealed class TurnEndActionTests : ShardTests
{
    [Fact]
    public Task What_is_to_be_sent_several_times_in_a_turn_is_sent_once_at_its_end() => Host.Run(async () =>
    {
        using var output = new TestOutput();

        output.RunAtEndOfTurn();
        output.RunAtEndOfTurn();

        Assert.Empty(output.Sends);
        await Turn.Ends();
        Assert.Equal([0], output.Sends);
    });

    [Fact]
    public Task Outputs_are_sent_in_the_order_in_which_they_were_queued() => Host.Run(async () =>
    {
        var order = new List<string>();
        using var first = new TestOutput { OnSend = _ => order.Add("first") };
        using var second = new TestOutput { OnSend = _ => order.Add("second") };

        first.RunAtEndOfTurn();
        second.RunAtEndOfTurn();
        first.RunAtEndOfTurn();
        await Turn.Ends();

        Assert.Equal(["first", "second"], order);
    });

    [Fact]
    public Task What_a_send_queues_is_for_the_next_turn_and_the_shard_does_not_sleep_before() => Host.Run(async () =>
    {
        // With nothing else to do: were the shard to sleep, nothing would wake it.
        using var output = new TestOutput();
        var turns = new List<long>();
        var done = new TaskCompletionSource();
        output.OnSend = _ =>
        {
            turns.Add(Shard.GetStatistics().Turns);
            if (turns.Count < 3)
            {
                output.RunAtEndOfTurn();
            }
            else
            {
                done.SetResult();
            }
        };

        output.RunAtEndOfTurn();
        await done.Task;

        Assert.Equal([turns[0], turns[0] + 1, turns[0] + 2], turns);
    });

    [Fact]
    public Task An_exception_from_a_send_is_reported_and_the_others_are_sent() => Host.Run(async () =>
    {
        using var bad = new TestOutput { OnSend = _ => throw new FormatException("bad output") };
        using var good = new TestOutput();

        bad.RunAtEndOfTurn();
        good.RunAtEndOfTurn();
        await Turn.Ends();

        Assert.Equal([0], good.Sends);
        Assert.True(Host.Unhandled.TryDequeue(out Exception? reported));
        Assert.IsType<FormatException>(reported);
    });

    [Fact]
    public Task One_that_waits_for_its_poll_is_sent_when_that_completes_and_not_before() => Host.Run(async () =>
    {
        using var output = new TestOutput();
        output.Fill();
        output.WaitUntilWritable();
        await Turn.Ends();

        // There is no use in trying.
        output.RunAtEndOfTurn();
        await Turn.Ends();
        Assert.Empty(output.Sends);

        output.Drain();
        await Eventually.Comes(() => output.Sends.Count > 0, "the output is sent");
        Assert.True(Assert.Single(output.Sends) >= 0);
    });

    [Fact]
    public Task The_refusal_of_its_poll_is_told_in_the_send() => Host.Run(async () =>
    {
        using var output = new TestOutput();
        output.OnReady(-5);
        await Turn.Ends();
        output.RunAtEndOfTurn();
        await Turn.Ends();

        Assert.Equal([-5, 0], output.Sends);
    });

    /// <summary>Waits on an eventfd, which can be written unless its count is at the top.</summary>
    private sealed class TestOutput : TurnEndAction, IDisposable
    {
        private readonly int _fd;
        private readonly int _handle;

        internal TestOutput()
            : this(Descriptors.EventFd())
        {
        }

        private TestOutput(int fd)
            : this(fd, Shard.Current!.Polls.Register(fd))
        {
        }

        private TestOutput(int fd, int handle)
            : base(Shard.Current!, handle, PollDirection.Write)
        {
            _fd = fd;
            _handle = handle;
        }

        internal List<int> Sends { get; } = [];

        internal Action<int>? OnSend { get; set; }

        internal void Fill() => Descriptors.Signal(_fd, ulong.MaxValue - 1);

        internal void Drain() => Descriptors.Take(_fd);

        internal void WaitUntilWritable() => RunWhenReady();

        public void Dispose() => Shard.Current!.Polls.Close(_handle, CloseMode.Cancel);

        protected override void Run(int pollResult)
        {
            Sends.Add(pollResult);
            OnSend?.Invoke(pollResult);
        }
    }
}
