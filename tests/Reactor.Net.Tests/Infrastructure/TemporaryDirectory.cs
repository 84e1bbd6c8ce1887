using System.Net.Sockets;

namespace Reactor.Net.Tests;

/// <summary>A directory for the length of a test, with a path that is short enough for sockets.</summary>
internal sealed class TemporaryDirectory : IDisposable
{
    internal string Path { get; } = Directory.CreateTempSubdirectory("reactor").FullName;

    internal string this[string name] => System.IO.Path.Combine(Path, name);

    /// <summary>The address of a socket in it.</summary>
    internal UnixDomainSocketEndPoint EndPoint(string name = "s") => new(this[name]);

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
