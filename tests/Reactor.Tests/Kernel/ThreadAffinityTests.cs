using Reactor.Kernel;
using Reactor.Tests.Support;
using Tmds.Linux;

namespace Reactor.Tests.Kernel;

public sealed class ThreadAffinityTests
{
    [Fact]
    public void What_is_read_is_what_proc_shows() => OwnThread.Run(() =>
        Assert.Equal(ProcessState.OwnStatus("Cpus_allowed_list"), ThreadAffinity.Get().ToString()));

    [Fact]
    public void A_thread_that_pins_itself_runs_there() => OwnThread.Run(() =>
    {
        foreach (int cpu in ThreadAffinity.Get().Cpus)
        {
            Assert.False(ThreadAffinity.TrySet(new CpuSet([cpu])).IsError);
            Assert.Equal(cpu, LibC.sched_getcpu());
            Assert.Equal([cpu], ThreadAffinity.Get().Cpus);
        }
    });

    [Fact]
    public void Pinning_one_thread_leaves_the_others()
    {
        OwnThread.Run(() =>
        {
            CpuSet before = ThreadAffinity.Get();
            OwnThread.Run(() => ThreadAffinity.TrySet(new CpuSet([before.Cpus[0]])).OrThrow("pin"));
            Assert.Equal(before, ThreadAffinity.Get());
        });
    }

    [Fact]
    public void CPUs_that_the_machine_lacks_are_refused() => OwnThread.Run(() =>
        Assert.Equal(LibC.EINVAL, ThreadAffinity.TrySet(new CpuSet([CpuSet.MaxCpus - 1])).Errno));
}
