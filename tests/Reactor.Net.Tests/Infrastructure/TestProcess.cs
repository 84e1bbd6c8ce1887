using System.Runtime.CompilerServices;

namespace Reactor.Net.Tests;

/// <summary>Sets up the process that runs the tests.</summary>
internal static class TestProcess
{
    /// <summary>
    /// Peers and deadlines live on the thread pool, which begins with as many threads as there are CPUs and adds others
    /// slowly; tests that block some would delay the peers of others.
    /// </summary>
    [ModuleInitializer]
    internal static void EnlargeThreadPool() => ThreadPool.SetMinThreads(32, 32);
}
