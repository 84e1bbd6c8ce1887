using Reactor.Polling;
using Reactor.Tests.Support;
using Xunit.Abstractions;

namespace Reactor.Tests.Polling;

/// <summary>
/// Random operations where all places are taken, so that who waits often is kept in the set; now and then there is a place.
/// At quiet moments a backend for which there is nothing to do makes no system call, and tells who waits at the first event.
/// </summary>
public sealed class OverflowHammerTests(ITestOutputHelper output)
{
    private const int Places = 6;
    private const int Pairs = 5;

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Who_waits_in_the_set_is_told_and_what_nobody_waits_for_wakes_nobody(bool useRing)
    {
        Random random = Seed.Random(output);
        using var backend = new AioPollBackend(Contexts.Create(Places + 1, useRing: useRing));
        Holder[] holders = [.. Enumerable.Range(0, Places).Select(_ => new Holder(backend))];
        PollModel[] models = [.. Enumerable.Range(0, Pairs).Select(_ => new PollModel(backend))];
        Turn();
        for (int step = 0; step < 60_000; step++)
        {
            int chosen = random.Next(Pairs);
            PollModel model = models[chosen];
            switch (random.Next(100))
            {
                case < 40: Array.ForEach(models, each => Perhaps(() => each.Arm(PollDirection.Read), 2)); break;
                case < 55: model.WriteAtPeer(); break;
                case < 70: model.DrainOwn(); break;
                case < 72: model.Abandon(PollDirection.Read); break;
                case < 73: model.Arm(PollDirection.Write); break;
                case < 75: model.Abandon(PollDirection.Write); break;
                case 75: model.FillOwn(); break;
                case < 78: model.DrainPeer(); break;
                case 78: Perhaps(() => models[chosen] = Replace(model), 8); break;
                case 79: Perhaps(model.EndAtPeer, 16); break;
                case 80: Perhaps(holders[random.Next(Places)].Leave, 16); break;
                case < 85: holders[random.Next(Places)].Take(); break;
                case 85: BeQuiet(step); break;
                default: Turn(); break;
            }

            model.Check();
        }

        Array.ForEach(models, model => model.Close(CloseMode.Graceful));
        Array.ForEach(holders, holder => holder.Close());
        Eventually.Until(
            () =>
            {
                Turn();
                return backend.Counters.Closing == 0;
            },
            "all closed");
        PollCounters counters = backend.Counters;
        Assert.Equal((0, 0, 0, 0), (counters.Descriptors, counters.PollsArmed, counters.PollsOverflowing, counters.PollsRefused));
        Assert.Equal(0, backend.Queued);
        output.WriteLine($"{counters.Overflows} waits in the set, {counters.PollsSubmitted} polls, {counters.SystemCalls} calls");

        void Perhaps(Action action, int oneIn)
        {
            if (random.Next(oneIn) == 0)
            {
                action();
            }
        }

        PollModel Replace(PollModel model)
        {
            model.Close(random.Next(2) == 0 ? CloseMode.Graceful : CloseMode.Cancel);
            return new PollModel(backend);
        }

        void Turn()
        {
            backend.Harvest();
            backend.Submit();
            backend.Harvest();
            Assert.InRange(backend.Counters.PollsArmed, 0, Places);
        }

        // Nobody receives, nobody waits again: what is ready stays so.
        void BeQuiet(int step)
        {
            // Some events come through a kernel worker.
            Eventually.Until(
                () =>
                {
                    Turn();
                    return Array.TrueForAll(models, each => each.OwesNothing);
                },
                $"all told at step {step}");
            Array.ForEach(models, each => each.Check());
            int turns = 0;
            long calls;
            do
            {
                calls = backend.Counters.SystemCalls;
                Turn();
                Assert.True(++turns < 50, $"a busy spin at step {step}");
            }
            while (backend.Counters.SystemCalls > calls);

            if (Array.Find(models, each => each.IsWaiting(PollDirection.Read) && each.HasPeer) is { } waiting)
            {
                waiting.WriteAtPeer();

                // No turn comes between: it is watched already.
                Eventually.Until(
                    () =>
                    {
                        backend.Wait(TimeSpan.FromSeconds(1));
                        return waiting.OwesNothing;
                    },
                    $"told while it sleeps, at step {step}");
                waiting.Check();
            }
        }
    }

    /// <summary>Takes one of the places, for as long as nothing happens.</summary>
    private sealed class Holder
    {
        private readonly AioPollBackend _backend;
        private readonly int _fd = Descriptors.EventFd();
        private readonly int _handle;
        private RecordingWaiter _waiter;

        internal Holder(AioPollBackend backend)
        {
            _backend = backend;
            _handle = backend.Register(_fd);
            _waiter = Arm();
        }

        internal void Take()
        {
            if (_waiter.Count == 1)
            {
                Descriptors.Take(_fd);
                _waiter = Arm();
            }
        }

        internal void Leave() => Descriptors.Signal(_fd);

        internal void Close()
        {
            _backend.Abandon(_handle, PollDirection.Read);
            _backend.Close(_handle, CloseMode.Cancel);
        }

        private RecordingWaiter Arm()
        {
            var waiter = new RecordingWaiter();
            _backend.Arm(_handle, PollDirection.Read, waiter);
            return waiter;
        }
    }
}
