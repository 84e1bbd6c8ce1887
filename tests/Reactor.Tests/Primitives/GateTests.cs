#pragma warning disable CA2012 // Futures are held while something is done to them, which is the point.
using Reactor.Tests.Support;

namespace Reactor.Tests.Primitives;

public sealed class GateTests : ShardTests
{
    [Fact]
    public Task Closing_an_empty_gate_ends_at_once_and_twice() => Host.Run(async () =>
    {
        var gate = new Gate();
        Assert.True(gate.CloseAsync().IsCompletedSuccessfully);
        await gate.CloseAsync();
        Assert.True(gate.IsClosed);
    });

    [Fact]
    public Task Closing_waits_for_all_holders() => Host.Run(async () =>
    {
        var gate = new Gate();
        GateHolder first = gate.Enter();
        GateHolder second = gate.Enter();
        Task closing = gate.CloseAsync().AsTask();
        Task closingAgain = gate.CloseAsync().AsTask();
        first.Dispose();
        await Task.Yield();
        Assert.False(closing.IsCompleted);
        second.Dispose();
        await closing;
        await closingAgain;
        Assert.Equal(0, gate.Count);
    });

    [Fact]
    public Task A_closed_gate_lets_nobody_in_but_those_inside_may_hold_on() => Host.Run(async () =>
    {
        var gate = new Gate();
        GateHolder inside = gate.Enter();
        Task closing = gate.CloseAsync().AsTask();
        Assert.Throws<GateClosedException>(() => gate.Enter());
        Assert.False(gate.TryEnter(out GateHolder none));
        none.Dispose();
        GateHolder more = inside.Hold();
        inside.Dispose();
        Assert.False(closing.IsCompleted);
        more.Dispose();
        await closing;
        Assert.Throws<InvalidOperationException>(() => inside.Hold());
    });

    [Fact]
    public Task A_holder_that_is_copied_and_disposed_twice_leaves_once() => Host.Run(() =>
    {
        var gate = new Gate();
        GateHolder holder = gate.Enter();
        GateHolder copy = holder;
        using GateHolder other = gate.Enter();
        holder.Dispose();
        copy.Dispose();
        holder.Dispose();
        Assert.Equal(1, gate.Count);
        Assert.False(copy.IsHeld);

        // The slot of the first is used again; its copies must not end the new hold.
        using GateHolder next = gate.Enter();
        copy.Dispose();
        Assert.Equal(2, gate.Count);
        return 0;
    });

    [Fact]
    public Task What_runs_inside_holds_the_gate_until_it_ends_also_by_an_exception() => Host.Run(async () =>
    {
        var gate = new Gate();
        var go = new TaskCompletionSource();
        Task<int> running = gate.RunAsync(async () =>
        {
            await go.Task;
            return 5;
        }).AsTask();
        Task closing = gate.CloseAsync().AsTask();
        Assert.Equal(1, gate.Count);
        go.SetResult();
        Assert.Equal(5, await running);
        await closing;

        var another = new Gate();
        await Assert.ThrowsAsync<TimeZoneNotFoundException>(async () => await another.RunAsync(static async () =>
        {
            await Task.Yield();
            throw new TimeZoneNotFoundException();
        }));
        Assert.Equal(0, another.Count);
    });

    [Fact]
    public Task Waiting_for_the_holders_ends_by_time_and_by_token_and_the_gate_stays_closed() => Host.Run(async () =>
    {
        var gate = new Gate();
        GateHolder holder = gate.Enter();
        string message = (await Assert.ThrowsAsync<TimeoutException>(async () => await gate.CloseAsync(TimeSpan.FromMilliseconds(1)))).Message;
        Assert.Contains("within 1 ms", message, StringComparison.Ordinal);
        using var cancellation = new CancellationTokenSource();
        Task closing = gate.CloseAsync(cancellation.Token).AsTask();
        cancellation.Cancel();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => closing);
        Assert.True(gate.IsClosed);
        holder.Dispose();
        await gate.CloseAsync();
    });

    [Fact]
    public async Task A_gate_is_used_on_its_shard_only()
    {
        Gate gate = await Host.Run(() => new Gate());
        Assert.Contains(Shard.ToString(), Assert.Throws<InvalidOperationException>(() => gate.Enter()).Message, StringComparison.Ordinal);
        Assert.Throws<InvalidOperationException>(() => new Gate());
    }

    [Fact]
    public async Task Closing_ends_with_an_exception_when_the_shard_stops()
    {
        var host = new TestHost();
        var ended = new TaskCompletionSource<Exception?>();
        await host.Run(() =>
        {
            var gate = new Gate();
            gate.Enter();
            _ = CloseAsync(gate);
            return 0;
        });
        await host.DisposeAsync();
        Assert.IsType<ObjectDisposedException>(await Eventually.Ends(ended.Task, "the wait"));

        async Task CloseAsync(Gate gate) => ended.SetResult(await Record.ExceptionAsync(async () => await gate.CloseAsync()));
    }
}
