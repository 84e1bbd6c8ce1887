using Microsoft.Win32.SafeHandles;

namespace Reactor.Net.Tests;

/// <summary>Takes every descriptor that the process may have, and gives them back.</summary>
internal sealed class DescriptorExhaustion : IDisposable
{
    private readonly List<SafeFileHandle> _fillers = [];
    private readonly ulong _limit = ProcessState.LimitDescriptors(512);

    internal DescriptorExhaustion()
    {
        try
        {
            while (true)
            {
                _fillers.Add(File.OpenHandle("/dev/null"));
            }
        }
        catch (IOException)
        {
            // Full, which is what was wanted.
        }
    }

    /// <summary>Gives some of them back.</summary>
    internal void Free(int count)
    {
        foreach (SafeFileHandle filler in _fillers.TakeLast(count))
        {
            filler.Dispose();
        }
    }

    public void Dispose()
    {
        _fillers.ForEach(filler => filler.Dispose());
        ProcessState.LimitDescriptors(_limit);
    }
}
