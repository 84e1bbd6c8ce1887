using Reactor.Kernel;
using Tmds.Linux;

namespace Reactor.Tests.Kernel;

public sealed class ErrnoTests
{
    [Fact]
    public void A_known_error_has_its_name_and_its_meaning() =>
        Assert.Equal("ECONNRESET (Connection reset by peer)", Errno.Describe(LibC.ECONNRESET));

    [Fact]
    public void EAGAIN_goes_by_the_name_that_the_manual_pages_use() =>
        Assert.StartsWith("EAGAIN (", Errno.Describe(LibC.EAGAIN), StringComparison.Ordinal);

    [Fact]
    public void An_unknown_error_has_its_number() =>
        Assert.StartsWith("errno 4095 (", Errno.Describe(4095), StringComparison.Ordinal);

    [Fact]
    public void A_failed_call_says_what_was_tried() =>
        Assert.Equal("open of x failed: EACCES (Permission denied)", Assert.Throws<IOException>(() => SysResult.Failure(LibC.EACCES).OrThrow("open of x")).Message);

    [Fact]
    public void A_call_that_succeeded_is_its_value() => Assert.Equal(7, new SysResult(7, 0).OrThrow("seven"));

    [Fact]
    public void A_failure_takes_the_errno_of_the_call()
    {
        SysResult result = SysResult.From(LibC.close(-1));
        Assert.Equal(new SysResult(-1, LibC.EBADF), result);
        Assert.True(result.IsError);
        Assert.False(result.WouldBlock);
    }
}
