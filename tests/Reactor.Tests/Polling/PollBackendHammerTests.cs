using Reactor.Kernel;
using Reactor.Polling;
using Reactor.Tests.Support;
using Tmds.Linux;
using Xunit.Abstractions;

namespace Reactor.Tests.Polling;

/// <summary>
/// Random operations on many socket pairs, checked against poll(2) and against a model that knows, of each direction, who
/// waits and whether a false hint may come.
/// </summary>
public sealed class PollBackendHammerTests(ITestOutputHelper output)
{
    private const int Pairs = 40;

    [Theory]
    [InlineData(200, true)]
    [InlineData(200, false)]
    [InlineData(8, true)]
    public void Nobody_is_told_twice_or_falsely_and_nobody_is_forgotten(int places, bool useRing)
    {
        Random random = Seed.Random(output);
        using var backend = new AioPollBackend(Contexts.Create(places, useRing: useRing));
        Model[] models = [.. Enumerable.Range(0, Pairs).Select(_ => new Model(backend))];
        for (int step = 0; step < 40_000; step++)
        {
            int chosen = random.Next(Pairs);
            Model model = models[chosen];
            switch (random.Next(12))
            {
                case 0 or 1: model.Arm(PollDirection.Read); break;
                case 2: model.Arm(PollDirection.Write); break;
                case 3: model.Abandon(PollDirection.Read); break;
                case 4: model.Abandon(PollDirection.Write); break;
                case 5 or 6: model.WriteAtPeer(); break;
                case 7: model.DrainOwn(); break;
                case 8: model.FillOwn(); break;
                case 9: model.DrainPeer(); break;
                case 10 when random.Next(4) == 0:
                    model.Close(random.Next(2) == 0 ? CloseMode.Graceful : CloseMode.Cancel);
                    models[chosen] = new Model(backend);
                    break;
                default: Turn(); break;
            }

            if (step % 1000 == 0)
            {
                // A quiet moment: whoever is ready must be told. Where places are few, those who hold them must fire for that.
                foreach (Model each in models)
                {
                    each.WriteAtPeer();
                    each.DrainPeer();
                }

                Eventually.Until(
                    () =>
                    {
                        Turn();
                        return Array.TrueForAll(models, each => each.OwesNothing);
                    },
                    $"all told at step {step}");
            }

            model.Check();
        }

        foreach (Model model in models)
        {
            model.Close(CloseMode.Graceful);
        }

        Eventually.Until(
            () =>
            {
                Turn();
                return backend.Counters.Closing == 0;
            },
            "all closed");
        Assert.Equal((0, 0, 0), (backend.Counters.Descriptors, backend.Counters.PollsArmed, backend.Counters.PollsRefused));
        Assert.Equal(0, backend.Queued);
        output.WriteLine($"{backend.Counters.PollsSubmitted} polls in {backend.Counters.SubmitCalls} calls, {backend.Counters.StaleCompletions} stale");

        void Turn()
        {
            backend.Harvest();
            Assert.InRange(backend.Counters.PollsArmed, 0, places);
            backend.Submit();
            Assert.InRange(backend.Counters.PollsArmed, 0, places);
            backend.Harvest();
        }
    }

    private sealed class Model
    {
        private readonly AioPollBackend _backend;
        private readonly int _own;
        private readonly int _peer;
        private readonly int _handle;
        private readonly Direction[] _directions = [new() { Bit = LibC.POLLIN }, new() { Bit = LibC.POLLOUT }];

        internal Model(AioPollBackend backend)
        {
            _backend = backend;
            (_own, _peer) = Descriptors.Pair();
            _handle = backend.Register(_own);
        }

        /// <summary>Nobody waits for what poll(2) says is there.</summary>
        internal bool OwesNothing => Array.TrueForAll(
            _directions,
            direction => direction.Waiter is not { Count: 0 } || (Descriptors.Poll(_own, direction.Bit) & direction.Bit) == 0);

        internal void Arm(PollDirection which)
        {
            Direction direction = _directions[(int)which];
            if (direction.Waiter is { Count: 0 })
            {
                return;
            }

            // An abandoned poll that is taken over may have seen what is gone by now.
            direction.MayBeFalse = direction.WasAbandoned;
            direction.WasAbandoned = false;
            direction.WasReady = IsReady(direction);
            direction.Waiter = new RecordingWaiter();
            _backend.Arm(_handle, which, direction.Waiter);
        }

        internal void Abandon(PollDirection which)
        {
            Direction direction = _directions[(int)which];
            _backend.Abandon(_handle, which);
            if (direction.Waiter is { Count: 0 })
            {
                direction.Abandoned.Add(direction.Waiter);
                direction.Waiter = null;
                direction.WasAbandoned = true;
            }
        }

        internal void WriteAtPeer() => _ = Sockets.Send(_peer, [1, 2, 3]);

        internal void DrainOwn()
        {
            NoteReadiness();
            while (Descriptors.Read(_own).Value > 0)
            {
            }
        }

        internal void FillOwn()
        {
            NoteReadiness();
            Descriptors.Fill(_own);
        }

        internal void DrainPeer()
        {
            while (Descriptors.Read(_peer).Value > 0)
            {
            }
        }

        internal void Check()
        {
            foreach (Direction direction in _directions)
            {
                Assert.All(direction.Abandoned, waiter => Assert.Equal(0, waiter.Count));
                if (direction.Waiter is { Count: > 0 } told)
                {
                    Assert.Equal(1, told.Count);
                    Assert.True(told.Results[0] >= 0);
                    Assert.True(direction.MayBeFalse || direction.WasReady || IsReady(direction), "told of what never was");
                    direction.Waiter = null;
                    direction.WasAbandoned = false;
                }

                if (direction.Abandoned.Count > 8)
                {
                    direction.Abandoned.RemoveAt(0);
                }
            }
        }

        internal void Close(CloseMode mode)
        {
            Check();
            Abandon(PollDirection.Read);
            Abandon(PollDirection.Write);
            _backend.Close(_handle, mode);
            Descriptors.Close(_peer);
            Check();
        }

        /// <summary>What was ready until now, and may have been reported already, is about to be taken away.</summary>
        private void NoteReadiness()
        {
            foreach (Direction direction in _directions)
            {
                direction.WasReady |= IsReady(direction);
            }
        }

        private bool IsReady(Direction direction) => (Descriptors.Poll(_own, direction.Bit) & direction.Bit) != 0;

        private sealed class Direction
        {
            internal required int Bit { get; init; }

            internal RecordingWaiter? Waiter { get; set; }

            internal List<RecordingWaiter> Abandoned { get; } = [];

            internal bool WasAbandoned { get; set; }

            internal bool MayBeFalse { get; set; }

            internal bool WasReady { get; set; }
        }
    }
}
