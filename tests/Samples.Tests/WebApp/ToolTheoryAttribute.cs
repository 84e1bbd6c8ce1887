namespace Reactor.Samples.Tests.WebApp;

/// <summary>A test that needs a program which a user may not have; .ci/run brings it.</summary>
internal sealed class ToolTheoryAttribute : TheoryAttribute
{
    public ToolTheoryAttribute(string tool, string package)
    {
        bool isThere = Environment.GetEnvironmentVariable("PATH")!.Split(':').Any(folder => File.Exists(Path.Combine(folder, tool)));
        Skip = isThere ? null : $"{tool} is not installed: 'apt-get install {package}' brings it";
    }
}
