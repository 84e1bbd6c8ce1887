using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using System.Linq.Expressions;
using System.Reflection;
using System.Reflection.Emit;
using System.Runtime.CompilerServices;
using Reactor.Diagnostics;
using Reactor.Shards;
using Reactor.Tests.Support;

namespace Reactor.Tests.Diagnostics;

public sealed class CodeNameTests
{
    private const string Here = "Reactor.Tests.Diagnostics.CodeNameTests";

    [Fact]
    public Task An_async_method_is_named() => Names($"{Here}.{nameof(RunAsync)}", RunAsync);

    [Fact]
    public Task A_generic_async_method_is_named() => Names($"{Here}.{nameof(RunGenericAsync)}", RunGenericAsync<string>);

    [Fact]
    public Task An_async_method_of_a_generic_type_within_another_is_named() => Names($"{Here}.Nested.{nameof(Nested<int>.RunAsync)}", new Nested<int>().RunAsync);

    [Fact]
    public Task An_async_method_that_gives_a_value_is_named() => Names($"{Here}.{nameof(RunWithValueAsync)}", async () => await RunWithValueAsync());

    [Fact]
    public Task An_async_method_with_a_pooling_builder_is_named() => Names($"{Here}.{nameof(RunPooledAsync)}", async () => await RunPooledAsync());

    [Fact]
    public Task An_async_lambda_is_named_by_the_method_it_stands_in() =>
        Names($"{Here}.{nameof(An_async_lambda_is_named_by_the_method_it_stands_in)} (lambda)", async () =>
        {
            await Shard.Yield();
            See();
        });

    [Fact]
    public Task An_async_lambda_that_captures_is_named_by_the_method_it_stands_in()
    {
        int captured = Environment.TickCount;
        return Names($"{Here}.{nameof(An_async_lambda_that_captures_is_named_by_the_method_it_stands_in)} (lambda)", async () =>
        {
            await Shard.Yield();
            captured++;
            See();
        });
    }

    [Fact]
    public Task An_async_local_function_is_named_with_the_method_it_stands_in()
    {
        return Names($"{Here}.{nameof(An_async_local_function_is_named_with_the_method_it_stands_in)}.Local", Local);

        static async Task Local()
        {
            await Shard.Yield();
            See();
        }
    }

    [Fact]
    public void A_method_is_named_by_its_delegate() => Assert.Equal($"{Here}.{nameof(Plain)}", CodeName.Of((Action)Plain));

    [Fact]
    public void A_lambda_is_named_by_the_method_it_stands_in() =>
        Assert.Equal($"{Here}.{nameof(A_lambda_is_named_by_the_method_it_stands_in)} (lambda)", CodeName.Of(static () => { }));

    [Fact]
    public void A_local_function_is_named_with_the_method_it_stands_in()
    {
        Assert.Equal($"{Here}.{nameof(A_local_function_is_named_with_the_method_it_stands_in)}.Local", CodeName.Of((Action)Local));

        static void Local()
        {
        }
    }

    [Fact]
    public void A_posted_callback_is_named() => Assert.Equal($"{Here}.{nameof(Plain)}", CodeName.Of(new PostedAction<Action>(static action => action(), Plain).Code));

    [Fact]
    public void A_posted_callback_with_a_state_is_named() => Assert.Equal($"{Here}.{nameof(PlainWithState)}", CodeName.Of(new PostedAction<int>(PlainWithState, 1).Code));

    [Fact]
    public void A_callback_that_was_wrapped_with_its_state_is_named() =>
        Assert.Equal($"{Here}.{nameof(PlainWithState)}", CodeName.Of(new PostedAction<(Action<int> Action, int State)>(static call => call.Action(call.State), (PlainWithState, 1)).Code));

    [Fact]
    public void An_object_that_keeps_a_delegate_to_itself_is_looked_through()
    {
        var progress = new Progress<int>();
        progress.ProgressChanged += Changed;
        FieldInfo field = typeof(Progress<int>).GetField("_invokeHandlers", BindingFlags.Instance | BindingFlags.NonPublic)!;
        Assert.Equal($"{Here}.{nameof(Changed)}", CodeName.Of(field.GetValue(progress)));
    }

    [Fact]
    public void Objects_that_keep_delegates_to_each_other_have_a_name()
    {
        var one = new Lazy<int>();
        var other = new Lazy<int>();
        FieldInfo field = typeof(Lazy<int>).GetField("_factory", BindingFlags.Instance | BindingFlags.NonPublic)!;
        MethodInfo method = typeof(Lazy<int>).GetProperty(nameof(Lazy<int>.Value))!.GetMethod!;
        field.SetValue(one, method.CreateDelegate<Func<int>>(other));
        field.SetValue(other, method.CreateDelegate<Func<int>>(one));
        Assert.Equal("System.Lazy.get_Value", CodeName.Of(field.GetValue(one)));
    }

    [Fact]
    public void Methods_that_no_type_has_are_named()
    {
        var dynamic = new DynamicMethod("Made", null, null);
        dynamic.GetILGenerator().Emit(OpCodes.Ret);
        Assert.Equal("Made", CodeName.Of(dynamic.CreateDelegate<Action>()));
        Assert.NotNull(CodeName.Of(Expression.Lambda<Action>(Expression.Empty()).Compile()));
    }

    [Fact]
    public void Nothing_has_no_name() => Assert.Null(CodeName.Of(null));

    [Fact]
    public void A_name_stays_as_it_is() => Assert.Equal("a<b>c", CodeName.Of("a<b>c"));

    [Fact]
    public void The_caller_on_a_stack_is_not_of_the_framework()
    {
        string? name = null;
        Caller(() => name = CodeName.OfCaller(new StackTrace()));
        Assert.Equal($"{Here}.{nameof(The_caller_on_a_stack_is_not_of_the_framework)} (lambda)", name);

        static void Caller(Action action) => action();
    }

    [Fact]
    public void An_async_method_on_a_stack_is_named_as_it_was_written()
    {
        string? name = null;
        _ = CallAsync();
        Assert.Equal($"{Here}.{nameof(An_async_method_on_a_stack_is_named_as_it_was_written)}.CallAsync", name);

        async Task CallAsync()
        {
            name = CodeName.OfCaller(new StackTrace());
            await Task.CompletedTask;
        }
    }

    [ThreadStatic]
    private static string? t_seen;

    /// <summary>What the loop of a shard is seen to run when the method goes on after its await, and calls <see cref="See"/>.</summary>
    private static async Task Names(string expected, Func<Task> method)
    {
        await using var host = new TestHost();
        Assert.Equal(expected, await host.Run(async () =>
        {
            await method();
            return t_seen;
        }));
    }

    private static void See() => t_seen = CodeName.Of(Shard.Current!.Activity.Running);

    private static async Task RunAsync()
    {
        await Shard.Yield();
        See();
    }

    private static async Task RunGenericAsync<T>()
    {
        await Shard.Yield();
        See();
    }

    private static async ValueTask<int> RunWithValueAsync()
    {
        await Shard.Yield();
        See();
        return 1;
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    private static async ValueTask RunPooledAsync()
    {
        await Shard.Yield();
        See();
    }

    private static void Changed(object? sender, int value)
    {
    }

    private static void Plain()
    {
    }

    private static void PlainWithState(int state)
    {
    }

    private sealed class Nested<T>
    {
        [SuppressMessage("Performance", "CA1822", Justification = "An instance method is what is tested.")]
        internal async Task RunAsync()
        {
            await Shard.Yield();
            See();
        }
    }
}
