namespace Reactor.Net.Tests.Systemd;

/// <summary>What sd_listen_fds(3) says of the variables.</summary>
public sealed class SystemdVariablesTests
{
    private const int Us = 4_711;

    [Fact]
    public void Descriptors_begin_at_3_and_have_the_names_that_are_told() =>
        Assert.Equal([(3, "web"), (4, ""), (5, "web")], Read("4711", "3", "web::web"));

    [Fact]
    public void Without_names_they_are_unknown() => Assert.Equal([(3, "unknown"), (4, "unknown")], Read("4711", "2", null));

    [Theory]
    [InlineData(null, null, null)]
    [InlineData("4711", null, "web")]
    [InlineData(null, "1", "web")]
    [InlineData("4712", "1", "web")]
    [InlineData("4712", "nonsense", "web")]
    [InlineData("4711", "0", null)]
    public void A_process_that_was_not_activated_has_none(string? pid, string? count, string? names) => Assert.Empty(Read(pid, count, names));

    [Theory]
    [InlineData("LISTEN_PID", "", "1", null)]
    [InlineData("LISTEN_PID", "x", "1", null)]
    [InlineData("LISTEN_PID", "-1", "1", null)]
    [InlineData("LISTEN_FDS", "4711", "", null)]
    [InlineData("LISTEN_FDS", "4711", "-1", null)]
    [InlineData("LISTEN_FDS", "4711", "1.5", null)]
    [InlineData("LISTEN_FDS", "4711", "2147483647", null)]
    [InlineData("LISTEN_FDS", "4711", "99999999999", null)]
    [InlineData("LISTEN_FDNAMES", "4711", "2", "web")]
    [InlineData("LISTEN_FDNAMES", "4711", "1", "web:other")]
    [InlineData("LISTEN_FDNAMES", "4711", "2", "")]
    public void Variables_that_contradict_themselves_are_refused(string named, string? pid, string? count, string? names)
    {
        InvalidOperationException refusal = Assert.Throws<InvalidOperationException>(() => Read(pid, count, names));

        Assert.StartsWith($"The environment variable {named} is '", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_descriptor_that_is_not_open_is_named()
    {
        InvalidOperationException refusal = Assert.Throws<InvalidOperationException>(() => SystemdSockets.Adopt([(1_000_000, "web")]));

        Assert.Contains("file descriptor 1000000 (web)", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void This_process_was_not_activated() => Assert.Empty(SystemdSockets.Take());

    private static IReadOnlyList<(int Fd, string Name)> Read(string? pid, string? count, string? names) => SystemdSockets.Read(
        name => name switch
        {
            "LISTEN_PID" => pid,
            "LISTEN_FDS" => count,
            "LISTEN_FDNAMES" => names,
            _ => null,
        },
        Us);
}
