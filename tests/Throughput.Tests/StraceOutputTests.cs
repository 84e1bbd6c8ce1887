using Reactor.Bench.Throughput.Probes;

namespace Throughput.Tests;

public sealed class StraceOutputTests
{
    [Fact]
    public void Calls_are_read_with_and_without_errors()
    {
        const string Table = """
            % time     seconds  usecs/call     calls    errors syscall
            ------ ----------- ----------- --------- --------- ----------------
             60.00    0.600000          10     60001       250 recvfrom
             40.00    0.400000           7     59751           sendto
            ------ ----------- ----------- --------- --------- ----------------
            100.00    1.000000           8    119752       250 total
            """;

        Assert.Equal(new Dictionary<string, long> { ["recvfrom"] = 60_001, ["sendto"] = 59_751 }, StraceOutput.Parse(Table));
    }

    [Fact]
    public void Text_without_a_table_is_refused() =>
        Assert.Throws<FormatException>(() => StraceOutput.Parse("strace: attach: ptrace(PTRACE_SEIZE, 1): Operation not permitted"));
}
