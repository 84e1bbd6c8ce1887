using Reactor.Shards;

namespace Reactor.Tests.Shards;

public sealed class InboxTests
{
    private readonly Inbox _inbox = new();

    [Fact]
    public void Work_is_taken_in_the_order_of_its_arrival()
    {
        Work[] work = [.. Enumerable.Range(0, 10).Select(i => new Work(0, i))];
        Assert.All(work, each => Assert.True(_inbox.TryPush(each)));
        Assert.Equal(work, List(_inbox.TakeAll()));
    }

    [Fact]
    public void It_has_work_exactly_while_something_waits()
    {
        Assert.False(_inbox.HasWork);
        Assert.Null(_inbox.TakeAll());
        _inbox.TryPush(new Work(0, 0));
        Assert.True(_inbox.HasWork);
        _inbox.TakeAll();
        Assert.False(_inbox.HasWork);
    }

    [Fact]
    public void A_closed_inbox_gives_what_it_had_and_refuses_the_rest()
    {
        var work = new Work(0, 0);
        _inbox.TryPush(work);
        Assert.Equal([work], List(_inbox.Close()));
        Assert.False(_inbox.TryPush(new Work(0, 1)));
        Assert.Null(_inbox.Close());
        Assert.False(_inbox.TryPush(new Work(0, 2)));
    }

    [Fact]
    public void Pushes_that_race_with_takes_and_the_close_are_taken_once_or_refused()
    {
        const int Producers = 4;
        for (int round = 0; round < 20; round++)
        {
            var inbox = new Inbox();
            int[] accepted = new int[Producers];
            Thread[] threads = [.. Enumerable.Range(0, Producers).Select(producer => new Thread(() =>
            {
                while (inbox.TryPush(new Work(producer, accepted[producer])))
                {
                    accepted[producer]++;

                    // The taker has to keep up.
                    Thread.SpinWait(50);
                }
            }))];
            Array.ForEach(threads, thread => thread.Start());
            int[] taken = new int[Producers];
            while (taken.Sum() < 2000)
            {
                Take(inbox.TakeAll());
            }

            Take(inbox.Close());
            Array.ForEach(threads, thread => thread.Join());
            Assert.Equal(accepted, taken);

            void Take(ShardWork? work)
            {
                foreach (Work each in List(work))
                {
                    if (taken[each.Producer]++ != each.Number)
                    {
                        Assert.Fail($"producer {each.Producer}: {each.Number} came as number {taken[each.Producer] - 1}");
                    }
                }
            }
        }
    }

    private static IEnumerable<Work> List(ShardWork? work)
    {
        for (; work is not null; work = work.Next)
        {
            yield return (Work)work;
        }
    }

    private sealed class Work(int producer, int number) : ShardWork
    {
        internal int Producer => producer;

        internal int Number => number;

        internal override void Run() => throw new InvalidOperationException();
    }
}
