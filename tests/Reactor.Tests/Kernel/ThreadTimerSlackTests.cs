using System.Globalization;
using Reactor.Kernel;
using Reactor.Tests.Support;

namespace Reactor.Tests.Kernel;

public sealed class ThreadTimerSlackTests
{
    [Fact]
    public void What_is_set_is_what_proc_shows() => OwnThread.Run(() =>
    {
        Assert.False(ThreadTimerSlack.TrySet(ThreadTimerSlack.MinimumNanoseconds).IsError);
        Assert.Equal(1, Shown());
        Assert.Equal(1, ThreadTimerSlack.Get().Value);
    });

    [Fact]
    public void Zero_goes_back_to_what_the_thread_began_with() => OwnThread.Run(() =>
    {
        int before = ThreadTimerSlack.Get().OrThrow("prctl");
        ThreadTimerSlack.TrySet(before + 1).OrThrow("prctl");
        ThreadTimerSlack.TrySet(0).OrThrow("prctl");
        Assert.Equal(before, Shown());
    });

    [Fact]
    public void Setting_it_on_one_thread_leaves_the_others() => OwnThread.Run(() =>
    {
        int before = Shown();
        OwnThread.Run(() => ThreadTimerSlack.TrySet(before + 1).OrThrow("prctl"));
        Assert.Equal(before, Shown());
    });

    /// <remarks>The file is not among those of a task, but any thread has the folder of a process under its own id.</remarks>
    private static int Shown()
    {
        string thread = Path.GetFileName(new FileInfo("/proc/thread-self").LinkTarget!);
        return int.Parse(File.ReadAllText($"/proc/{thread}/timerslack_ns"), CultureInfo.InvariantCulture);
    }
}
