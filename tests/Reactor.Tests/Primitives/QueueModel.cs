#pragma warning disable CA2012 // Futures are held while something is done to them, which is the point.
using System.Threading.Channels;

namespace Reactor.Tests.Primitives;

/// <summary>
/// A queue side by side with lists of who waits and what is there, on which everything is done the plain way. Whether a wait
/// has ended is seen at once; that its awaiter resumes later is another matter.
/// </summary>
internal sealed class QueueModel(ShardQueue<int> queue)
{
    private readonly Queue<int> _items = new();
    private readonly List<Wait> _pushers = [];
    private readonly List<Wait> _poppers = [];
    private readonly List<Wait> _lookers = [];
    private readonly List<Wait> _ended = [];
    private int _next;
    private bool _isOver;

    internal int Waiting => _pushers.Count + _poppers.Count + _lookers.Count;

    internal void Step(Random random)
    {
        var source = new CancellationTokenSource();
        switch (random.Next(6))
        {
            case 0:
                int item = _next++;
                ValueTask push = queue.PushAsync(item, source.Token);
                var pusher = new Wait(source, () => push.IsCompleted, async () => await push) { Item = item };
                (HasRoom ? _ended : _pushers).Add(pusher);
                if (HasRoom)
                {
                    Add(item);
                }

                break;
            case 1:
                ValueTask<int> pop = queue.PopAsync(source.Token);
                Wait popper = null!;
                popper = new Wait(source, () => pop.IsCompleted, async () => Assert.Equal(popper.Item, await pop));
                if (_items.Count > 0)
                {
                    popper.Item = Take();
                    _ended.Add(popper);
                }
                else
                {
                    _poppers.Add(popper);
                }

                break;
            case 2:
                ValueTask<bool> look = queue.WaitToPopAsync(source.Token);
                var looker = new Wait(source, () => look.IsCompleted, async () => Assert.True(await look || _isOver));
                (_items.Count > 0 ? _ended : _lookers).Add(looker);
                break;
            case 3:
                bool hasRoom = HasRoom;
                Assert.Equal(hasRoom, queue.TryPush(_next));
                if (hasRoom)
                {
                    Add(_next);
                }

                _next++;
                break;
            case 4:
                bool hasItem = _items.Count > 0;
                Assert.Equal(hasItem, queue.TryPop(out int popped));
                if (hasItem)
                {
                    Assert.Equal(Take(), popped);
                }

                break;
            case 5:
                List<Wait>[] lines = [_pushers, _poppers, _lookers];
                List<Wait> line = lines[random.Next(3)];
                if (line.Count > 0)
                {
                    Wait given = line[random.Next(line.Count)];
                    line.Remove(given);
                    given.Source.Cancel();
                    given.EndsBy = typeof(OperationCanceledException);
                    _ended.Add(given);
                }

                break;
        }
    }

    internal void End(Random random)
    {
        bool aborts = random.Next(2) == 0;
        Type end = aborts ? typeof(TimeZoneNotFoundException) : typeof(ChannelClosedException);
        foreach (Wait wait in _pushers.Concat(_poppers))
        {
            wait.EndsBy = end;
        }

        foreach (Wait wait in _lookers)
        {
            wait.EndsBy = aborts ? end : null;
        }

        _isOver = true;
        List<Wait>[] lines = [_pushers, _poppers, _lookers];
        foreach (List<Wait> line in lines)
        {
            _ended.AddRange(line);
            line.Clear();
        }

        if (aborts)
        {
            queue.Abort(new TimeZoneNotFoundException());
            _items.Clear();
        }
        else
        {
            queue.Complete();
        }
    }

    internal async Task Check()
    {
        Assert.Equal(_items.Count, queue.Count);
        Assert.All(_pushers.Concat(_poppers).Concat(_lookers), wait => Assert.False(wait.HasEnded()));
        foreach (Wait wait in _ended)
        {
            Assert.True(wait.HasEnded());
            Exception? exception = await Record.ExceptionAsync(wait.TakeAsync);
            Assert.True(wait.EndsBy is null ? exception is null : wait.EndsBy.IsInstanceOfType(exception), $"{exception} is not {wait.EndsBy}");
        }

        _ended.Clear();
    }

    private bool HasRoom => _items.Count < queue.Capacity;

    private void Add(int item)
    {
        if (_poppers.Count > 0)
        {
            Wait popper = _poppers[0];
            _poppers.RemoveAt(0);
            popper.Item = item;
            _ended.Add(popper);
            return;
        }

        _items.Enqueue(item);
        _ended.AddRange(_lookers);
        _lookers.Clear();
    }

    private int Take()
    {
        int item = _items.Dequeue();
        if (_pushers.Count > 0)
        {
            Wait pusher = _pushers[0];
            _pushers.RemoveAt(0);
            _items.Enqueue(pusher.Item);
            _ended.Add(pusher);
        }

        return item;
    }

    private sealed class Wait(CancellationTokenSource source, Func<bool> hasEnded, Func<Task> takeAsync)
    {
        internal CancellationTokenSource Source { get; } = source;

        internal Func<bool> HasEnded { get; } = hasEnded;

        internal Func<Task> TakeAsync { get; } = takeAsync;

        /// <summary>What it pushes, or is to pop.</summary>
        internal int Item { get; set; }

        /// <summary>The exception that it is to end with; null for none.</summary>
        internal Type? EndsBy { get; set; }
    }
}
