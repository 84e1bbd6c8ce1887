using Reactor.Polling;
using Reactor.Tests.Support;
using Xunit.Abstractions;

namespace Reactor.Tests.Polling;

/// <summary>Random operations on many socket pairs, checked against poll(2) and a model.</summary>
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
        PollModel[] models = [.. Enumerable.Range(0, Pairs).Select(_ => new PollModel(backend))];
        for (int step = 0; step < 40_000; step++)
        {
            int chosen = random.Next(Pairs);
            PollModel model = models[chosen];
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
                    models[chosen] = new PollModel(backend);
                    break;
                default: Turn(); break;
            }

            if (step % 1000 == 0)
            {
                // A quiet moment: whoever is ready must be told. Where places are few, those who hold them must fire for that.
                foreach (PollModel each in models)
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

        foreach (PollModel model in models)
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
}
