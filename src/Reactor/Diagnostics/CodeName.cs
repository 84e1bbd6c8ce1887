using System.Diagnostics;
using System.Reflection;
using System.Runtime.CompilerServices;
using System.Text.RegularExpressions;

namespace Reactor.Diagnostics;

/// <summary>
/// Names code as its author wrote it: the async method that a state machine was made from, the method in which a lambda or
/// a local function stands. The compiler's own names have both in them.
/// </summary>
internal static partial class CodeName
{
    /// <summary>Delegates in delegates are looked through so far and no further: objects may hold each other's.</summary>
    private const int MostWrappings = 8;

    /// <summary>The name of what runs: a state machine's box, a delegate; null for nothing. A name that was made already stays.</summary>
    internal static string? Of(object? running) => running switch
    {
        null => null,
        string name => name,
        Delegate code => Of(code),
        _ => Of(StateMachineOf(running.GetType()) ?? running.GetType()),
    };

    /// <summary>The innermost method on a stack that is neither .NET's nor the framework's own.</summary>
    internal static string? OfCaller(StackTrace stack) => stack.GetFrames()
        .Select(frame => frame.GetMethod())
        .Where(method => method?.DeclaringType is { } type && !IsOfFramework(type))
        .Select(method => Of(method!))
        .FirstOrDefault();

    private static string Of(Delegate code)
    {
        for (int i = 0; i < MostWrappings && code.Target is { } target; i++)
        {
            // The delegate that resumes an async method is one of its box's.
            if (StateMachineOf(target.GetType()) is { } machine)
            {
                return Of(machine);
            }

            Delegate? inner = target as Delegate ?? (IsOfFramework(target.GetType()) ? WrappedIn(target) : null);
            if (inner is null)
            {
                break;
            }

            code = inner;
        }

        return Of(code.Method);
    }

    private static string Of(MethodBase method)
    {
        Type? type = method.DeclaringType;
        if (type is null)
        {
            return method.Name;
        }

        return typeof(IAsyncStateMachine).IsAssignableFrom(type) ? Of(type) : $"{Of(type)}.{Readable(method.Name)}";
    }

    /// <summary>A state machine becomes its method, a closure the type in which it stands.</summary>
    private static string Of(Type type)
    {
        if (type.DeclaringType is not { } outer)
        {
            return WithoutArity(type.FullName ?? type.Name);
        }

        if (!IsMadeByCompiler(type.Name))
        {
            return $"{Of(outer)}.{WithoutArity(type.Name)}";
        }

        return typeof(IAsyncStateMachine).IsAssignableFrom(type) ? $"{Of(outer)}.{Readable(type.Name)}" : Of(outer);
    }

    /// <summary>The last type argument of the boxes that the builders of async methods make.</summary>
    private static Type? StateMachineOf(Type box) =>
        box.IsGenericType && box.GetGenericArguments() is [.., var machine] && typeof(IAsyncStateMachine).IsAssignableFrom(machine) ? machine : null;

    /// <summary>
    /// <c>&lt;Method&gt;d__1</c> is an async method, <c>&lt;Method&gt;b__1_0</c> a lambda, <c>&lt;Method&gt;g__Local|1_0</c> a local
    /// function; an async lambda is <c>&lt;&lt;Method&gt;b__1_0&gt;d</c>.
    /// </summary>
    private static string Readable(string name)
    {
        Match nested = NestedName().Match(name);
        if (nested.Success)
        {
            name = nested.Groups["inner"].Value;
        }

        Match match = CompilerName().Match(name);
        if (!match.Success)
        {
            return name;
        }

        string method = match.Groups["method"].Value;
        return match.Groups["kind"].Value switch
        {
            "b" => $"{method} (lambda)",
            "g" => $"{method}.{match.Groups["local"].Value}",
            _ => method,
        };
    }

    /// <summary>The delegate that one of the framework's own closures calls. One to itself, kept for its next use, is none.</summary>
    private static Delegate? WrappedIn(object closure) => closure.GetType()
        .GetFields(BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic)
        .Select(field => field.GetValue(closure) as Delegate)
        .FirstOrDefault(inner => inner is not null && inner.Target != closure);

    private static bool IsMadeByCompiler(string name) => name.Contains('<', StringComparison.Ordinal);

    private static string WithoutArity(string name)
    {
        int tick = name.IndexOf('`', StringComparison.Ordinal);
        return tick < 0 ? name : name[..tick];
    }

    private static bool IsOfFramework(Type type)
    {
        string assembly = type.Assembly.GetName().Name ?? "";
        return assembly is "Reactor" or "Reactor.Net" || assembly.StartsWith("System.", StringComparison.Ordinal);
    }

    [GeneratedRegex(@"^<(?<inner><.*>[a-z]__[^>]*)>d")]
    private static partial Regex NestedName();

    [GeneratedRegex(@"^<(?<method>.+?)>(?<kind>[a-z])__(?<local>[^|]*)")]
    private static partial Regex CompilerName();
}
