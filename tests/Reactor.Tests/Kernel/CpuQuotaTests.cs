using Reactor.Kernel;
using Reactor.Tests.Support;

namespace Reactor.Tests.Kernel;

public sealed class CpuQuotaTests : IDisposable
{
    private const string UnifiedMount = "41 31 0:38 / /sys/fs/cgroup rw,nosuid shared:4 - cgroup2 cgroup2 rw,nsdelegate";
    private const string LegacyMount = "32 31 0:29 / /sys/fs/cgroup/cpu,cpuacct rw,nosuid - cgroup cgroup rw,cpu,cpuacct";
    private const string LegacyFolder = "sys/fs/cgroup/cpu,cpuacct";

    private readonly string _root = Directory.CreateTempSubdirectory("reactor-quota-").FullName;

    [Theory]
    [InlineData("max 100000", null)]
    [InlineData("50000 100000", 0.5)]
    [InlineData("150000 100000", 1.5)]
    [InlineData("400000 100000", 4.0)]
    [InlineData("1000 1000000", 0.001)]
    public void Version_2_gives_the_quota_over_its_period(string content, double? expected)
    {
        Unified("/app", UnifiedMount);
        Write("sys/fs/cgroup/app/cpu.max", content + "\n");
        Assert.Equal(expected, CpuQuota.Read(_root));
    }

    [Theory]
    [InlineData("300000", "200000", "100000", 1.0)]
    [InlineData("100000", "200000", "300000", 1.0)]
    [InlineData("200000", "100000", "max", 1.0)]
    [InlineData("max", "max", "200000", 2.0)]
    [InlineData("max", "max", "max", null)]
    public void The_least_quota_of_the_group_and_its_ancestors_counts(string top, string middle, string own, double? expected)
    {
        Unified("/slice/app", UnifiedMount);
        Write("sys/fs/cgroup/cpu.max", $"{top} 100000");
        Write("sys/fs/cgroup/slice/cpu.max", $"{middle} 100000");
        Write("sys/fs/cgroup/slice/app/cpu.max", $"{own} 100000");
        Assert.Equal(expected, CpuQuota.Read(_root));
    }

    [Fact]
    public void An_ancestor_without_the_file_is_stepped_over()
    {
        Unified("/slice/app", UnifiedMount);
        Write("sys/fs/cgroup/cpu.max", "200000 100000");
        Write("sys/fs/cgroup/slice/app/cpu.max", "300000 100000");
        Assert.Equal(2.0, CpuQuota.Read(_root));
    }

    [Fact]
    public void A_sibling_does_not_count()
    {
        Unified("/app", UnifiedMount);
        Write("sys/fs/cgroup/app/cpu.max", "max 100000");
        Write("sys/fs/cgroup/other/cpu.max", "100000 100000");
        Write("sys/fs/cgroup/app/child/cpu.max", "100000 100000");
        Assert.Null(CpuQuota.Read(_root));
    }

    [Theory]
    [InlineData("/docker/3f2a")]
    [InlineData("/../other")]
    [InlineData("/gone (deleted)")]
    public void A_path_that_leads_nowhere_in_the_container_means_the_mount_point(string group)
    {
        Unified(group, UnifiedMount);
        Write("sys/fs/cgroup/cpu.max", "250000 100000");
        Write("sys/fs/other/cpu.max", "100000 100000");
        Assert.Equal(2.5, CpuQuota.Read(_root));
    }

    [Theory]
    [InlineData("/docker/3f2a", "/docker/3f2a", "")]
    [InlineData("/docker/3f2a", "/docker/3f2a/app", "app/")]
    [InlineData("/docker/3f", "/docker/3f2a", "")]
    public void A_mount_that_shows_a_part_of_the_hierarchy_is_entered_from_there(string mounted, string group, string folder)
    {
        Unified(group, UnifiedMount.Replace("0:38 / ", $"0:38 {mounted} ", StringComparison.Ordinal));
        Write($"sys/fs/cgroup/{folder}cpu.max", "50000 100000");
        Assert.Equal(0.5, CpuQuota.Read(_root));
    }

    [Fact]
    public void Of_two_mounts_the_one_that_shows_the_group_is_read()
    {
        string other = UnifiedMount.Replace("0:38 / /sys/fs/cgroup", "0:38 /elsewhere /mnt/elsewhere", StringComparison.Ordinal);
        Unified("/app", other, UnifiedMount);
        Write("mnt/elsewhere/cpu.max", "100000 100000");
        Write("sys/fs/cgroup/app/cpu.max", "200000 100000");
        Assert.Equal(2.0, CpuQuota.Read(_root));
    }

    [Fact]
    public void A_mount_point_with_a_space_is_found()
    {
        Unified("/app", UnifiedMount.Replace("/sys/fs/cgroup", @"/sys/control\040groups\134", StringComparison.Ordinal));
        Write(@"sys/control groups\/app/cpu.max", "200000 100000");
        Assert.Equal(2.0, CpuQuota.Read(_root));
    }

    [Theory]
    [InlineData("-1", "100000", null)]
    [InlineData("50000", "100000", 0.5)]
    [InlineData("600000", "200000", 3.0)]
    public void Version_1_gives_the_quota_over_its_period(string quota, string period, double? expected)
    {
        Legacy("/app", LegacyMount);
        WriteLegacy("app", quota, period);
        Assert.Equal(expected, CpuQuota.Read(_root));
    }

    [Fact]
    public void In_version_1_the_least_quota_counts_too()
    {
        Legacy("/slice/app", LegacyMount);
        WriteLegacy("", "-1", "100000");
        WriteLegacy("slice", "150000", "100000");
        WriteLegacy("slice/app", "400000", "100000");
        Assert.Equal(1.5, CpuQuota.Read(_root));
    }

    [Fact]
    public void In_version_1_other_controllers_do_not_count()
    {
        Write("proc/self/cgroup", "5:cpuset:/set\n4:cpu,cpuacct:/app\n");
        Write("proc/self/mountinfo", "30 31 0:28 / /sys/fs/cgroup/cpuset rw - cgroup cgroup rw,cpuset\n" + LegacyMount);
        Write("sys/fs/cgroup/cpuset/set/cpu.cfs_quota_us", "100000");
        Write("sys/fs/cgroup/cpuset/set/cpu.cfs_period_us", "100000");
        WriteLegacy("app", "200000", "100000");
        Assert.Equal(2.0, CpuQuota.Read(_root));
    }

    [Fact]
    public void Where_both_versions_are_mounted_the_one_that_has_the_controller_is_read()
    {
        Write("proc/self/cgroup", "4:cpu,cpuacct:/app\n1:name=systemd:/app\n0::/app\n");
        Write("proc/self/mountinfo", LegacyMount + "\n" + UnifiedMount.Replace("/cgroup rw", "/cgroup/unified rw", StringComparison.Ordinal));
        Directory.CreateDirectory(Path.Join(_root, "sys/fs/cgroup/unified/app"));
        WriteLegacy("app", "150000", "100000");
        Assert.Equal(1.5, CpuQuota.Read(_root));
    }

    [Theory]
    [InlineData("")]
    [InlineData("\n")]
    [InlineData("max")]
    [InlineData("50000")]
    [InlineData("50000 0")]
    [InlineData("0 100000")]
    [InlineData("-5 100000")]
    [InlineData("50000 100000 7")]
    [InlineData("a b")]
    [InlineData("99999999999999999999 100000")]
    [InlineData("٥ ٥")]
    public void A_quota_that_is_not_understood_is_no_limit(string content)
    {
        Unified("/app", UnifiedMount);
        Write("sys/fs/cgroup/app/cpu.max", content);
        Assert.Null(CpuQuota.Read(_root));
    }

    [Theory]
    [InlineData("")]
    [InlineData("-")]
    [InlineData("a b c - cgroup2")]
    [InlineData("1 2 3 / /sys/fs/cgroup rw - cgroup2")]
    [InlineData("1 2 3 / /sys/fs/cgroup rw - tmpfs cgroup2 rw")]
    [InlineData("1 2 3 / /sys/fs\\000 rw - cgroup2 cgroup2 rw")]
    public void Mounts_that_are_not_understood_are_no_limit(string mount)
    {
        Unified("/app", mount);
        Write("sys/fs/cgroup/app/cpu.max", "100000 100000");
        Assert.Null(CpuQuota.Read(_root));
    }

    [Theory]
    [InlineData("")]
    [InlineData("0")]
    [InlineData("0:")]
    [InlineData("nonsense")]
    public void A_membership_that_is_not_understood_is_no_limit(string membership)
    {
        Write("proc/self/cgroup", membership);
        Write("proc/self/mountinfo", UnifiedMount);
        Write("sys/fs/cgroup/cpu.max", "100000 100000");
        Assert.Null(CpuQuota.Read(_root));
    }

    [Fact]
    public void A_file_that_cannot_be_read_is_no_limit()
    {
        Unified("/app", UnifiedMount);
        Directory.CreateDirectory(Path.Join(_root, "sys/fs/cgroup/app/cpu.max"));
        Assert.Null(CpuQuota.Read(_root));
    }

    [Fact]
    public void Without_proc_there_is_no_limit() => Assert.Null(CpuQuota.Read(_root));

    /// <remarks>The runtime rounds up and does not look at every ancestor, so that it may see more CPUs and never fewer.</remarks>
    [Fact]
    public void The_runtime_sees_no_less_on_this_machine()
    {
        int allowed = 0;
        OwnThread.Run(() => allowed = ThreadAffinity.Get().Count);
        double quota = CpuQuota.Read() ?? allowed;
        Assert.True(quota > 0);
        Assert.InRange(Environment.ProcessorCount, Math.Min(allowed, Math.Ceiling(quota)), allowed);
    }

    public void Dispose() => Directory.Delete(_root, recursive: true);

    private void Unified(string group, params string[] mounts)
    {
        Write("proc/self/cgroup", $"0::{group}\n");
        Write("proc/self/mountinfo", string.Join('\n', mounts));
    }

    private void Legacy(string group, string mount)
    {
        Write("proc/self/cgroup", $"5:cpuset:/\n4:cpu,cpuacct:{group}\n");
        Write("proc/self/mountinfo", mount);
    }

    private void WriteLegacy(string group, string quota, string period)
    {
        Write($"{LegacyFolder}/{group}/cpu.cfs_quota_us", quota + "\n");
        Write($"{LegacyFolder}/{group}/cpu.cfs_period_us", period + "\n");
    }

    private void Write(string path, string content)
    {
        string full = Path.Join(_root, path);
        Directory.CreateDirectory(Path.GetDirectoryName(full)!);
        File.WriteAllText(full, content);
    }
}
