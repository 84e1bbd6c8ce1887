using System.Runtime.ExceptionServices;

namespace Reactor.Tests.Support;

internal static class OwnThread
{
    /// <summary>Runs something on a thread made for it, and brings back what it throws.</summary>
    internal static void Run(Action action)
    {
        ExceptionDispatchInfo? failure = null;
        var thread = new Thread(() =>
        {
            try
            {
                action();
            }
            catch (Exception exception)
            {
                failure = ExceptionDispatchInfo.Capture(exception);
            }
        })
        { IsBackground = true };
        thread.Start();
        Assert.True(thread.Join(Eventually.Deadline), "the thread did not end");
        failure?.Throw();
    }
}
