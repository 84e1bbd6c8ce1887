using System.Globalization;
using Reactor.Kernel;
using Reactor.Tests.Support;
using Tmds.Linux;

namespace Reactor.Tests.Kernel;

public sealed class FileDescriptorTests
{
    [Fact]
    public void A_duplicate_is_another_number_for_the_same_file()
    {
        int first = Descriptors.EventFd();
        int second = FileDescriptor.Duplicate(first).OrThrow("dup");
        Assert.NotEqual(first, second);
        Descriptors.Signal(first);
        Assert.Equal(1UL, Descriptors.Take(second));
        Descriptors.Close(first);
        Descriptors.Signal(second);
        Assert.Equal(1UL, Descriptors.Take(second));
        Descriptors.Close(second);
    }

    [Fact]
    public void What_is_not_open_can_be_neither_closed_nor_duplicated()
    {
        Assert.Equal(LibC.EBADF, FileDescriptor.Close(-1).Errno);
        Assert.Equal(LibC.EBADF, FileDescriptor.Duplicate(-1).Errno);
    }

    [Fact]
    public void The_limit_is_the_one_that_proc_shows()
    {
        string[] words = File.ReadLines("/proc/self/limits").Single(line => line.StartsWith("Max open files", StringComparison.Ordinal))
            .Split(' ', StringSplitOptions.RemoveEmptyEntries);
        int shown = words[3] == "unlimited" ? int.MaxValue : (int)Math.Min(long.Parse(words[3], CultureInfo.InvariantCulture), int.MaxValue);
        Assert.Equal(shown, FileDescriptor.Limit());
    }
}
