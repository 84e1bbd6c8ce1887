using Reactor.Tests.Support;
using Reactor.Timers;
using Xunit.Abstractions;

namespace Reactor.Tests.Timers;

/// <summary>The timer set side by side with a sorted set that does the same the slow way.</summary>
public sealed class TimerSetModelTests(ITestOutputHelper output)
{
    private const int Operations = 100_000;
    private const int Timers = 200;

    [Theory]
    [InlineData(0, 100)]
    [InlineData(0, 1 << 20)]
    [InlineData(1L << 50, 1L << 35)]
    [InlineData(long.MaxValue - 50_000_000, 1000)]
    public void Random_use_does_what_a_sorted_set_does(long start, long range)
    {
        Random random = Seed.Random(output);
        var model = new Model();
        var set = new TimerSet();
        var log = new List<int>();
        long now = start;
        var timers = new ScriptedTimer[Timers];
        for (int i = 0; i < Timers; i++)
        {
            timers[i] = new ScriptedTimer(i, OnDue);
        }

        for (int i = 0; i < Operations; i++)
        {
            int choice = random.Next(100);
            if (choice < 45)
            {
                Arm(random.Next(Timers), SomeDeadline());
            }
            else if (choice < 75)
            {
                Cancel(random.Next(Timers));
            }
            else
            {
                now = SomeLaterTime();
                Expire();
            }

            Assert.Equal(model.Count, set.Count);
            Assert.True(set.NextDeadline <= model.NextDeadline, $"operation {i}: {set.NextDeadline} is later than {model.NextDeadline}");
        }

        void Arm(int id, long deadline)
        {
            set.Arm(timers[id], deadline);
            model.Arm(id, deadline);
        }

        void Cancel(int id) => Assert.Equal(model.Cancel(id), set.Cancel(timers[id]));

        // In the set each call comes from the batch; the model gives its due ones away one by one beside it.
        void OnDue(int id)
        {
            Assert.Equal(model.TakeFirstDue(), id);
            log.Add(id);
            Assert.False(timers[id].IsArmed);
            Assert.Equal(model.Count, set.Count);
            int choice = random.Next(100);
            if (choice < 20)
            {
                Arm(random.Next(Timers), SomeDeadline());
            }
            else if (choice < 30)
            {
                Arm(id, SomeDeadline());
            }
            else if (choice < 50)
            {
                Cancel(random.Next(Timers));
            }
            else if (choice < 55)
            {
                throw new InvalidDataException();
            }
        }

        void Expire()
        {
            log.Clear();
            model.Begin(now);
            try
            {
                Assert.Equal(set.Expire(now), log.Count);
                Assert.Null(model.TakeFirstDue());
                Assert.True(set.NextDeadline > now || model.NextDeadline <= now);
            }
            catch (InvalidDataException)
            {
                // The rest is still due, in the set as in the model.
            }
        }

        long SomeDeadline() => random.Next(10) switch
        {
            0 => now - random.NextInt64(range),
            1 => now,
            2 => long.MaxValue - random.NextInt64(1000),
            3 => now + random.Next(8),
            _ => now + random.NextInt64(range),
        };

        long SomeLaterTime() => random.Next(4) switch
        {
            0 => now,
            1 => Math.Clamp(set.NextDeadline, now, now + range),
            2 => now + random.Next(8),
            _ => now + random.NextInt64((range / 10) + 1),
        };
    }

    private sealed class ScriptedTimer(int id, Action<int> onDue) : TimerEntry
    {
        internal override void OnDue() => onDue(id);
    }

    private sealed class Model
    {
        private readonly SortedSet<(long Deadline, long Sequence, int Id)> _armed = [];
        private readonly Dictionary<int, (long Deadline, long Sequence, int Id)> _byId = [];
        private long _sequence;
        private long _now;
        private long _armedBefore;

        internal int Count => _armed.Count;

        internal long NextDeadline => _armed.Count == 0 ? long.MaxValue : _armed.Min.Deadline;

        internal void Arm(int id, long deadline)
        {
            Cancel(id);
            (long, long, int) timer = (deadline, _sequence++, id);
            _armed.Add(timer);
            _byId.Add(id, timer);
        }

        internal bool Cancel(int id) => _byId.Remove(id, out (long, long, int) timer) && _armed.Remove(timer);

        internal void Begin(long now) => (_now, _armedBefore) = (now, _sequence);

        /// <summary>The earliest that is due and was armed before the expiry began.</summary>
        internal int? TakeFirstDue()
        {
            foreach ((long deadline, long sequence, int id) in _armed)
            {
                if (deadline > _now)
                {
                    break;
                }

                if (sequence < _armedBefore)
                {
                    Cancel(id);
                    return id;
                }
            }

            return null;
        }
    }
}
