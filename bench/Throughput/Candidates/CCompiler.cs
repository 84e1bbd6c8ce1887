namespace Reactor.Bench.Throughput.Candidates;

/// <summary>Compiles the C baselines with whatever compiler the machine has.</summary>
internal static class CCompiler
{
    private const string SourceFolder = "bench/Baselines/c";
    private const string OutputFolder = "bench/Throughput/obj/c";

    private static readonly string[] s_compilers = ["gcc", "clang", "cc"];

    /// <summary>Compiles <c>NAME.c</c>; always anew, since it takes less time than to find out whether it has to be done.</summary>
    /// <returns>The program's path, or the reason why there is none.</returns>
    public static async Task<(string? Program, string? Failure)> CompileAsync(string name, bool echoes, CancellationToken cancellation)
    {
        string? compiler = s_compilers.Select(ExternalTool.Find).FirstOrDefault(path => path is not null);
        if (compiler is null)
        {
            return (null, "no C compiler here (bench/install-tools.sh installs one)");
        }

        string program = Path.Combine(OutputFolder, echoes ? name + "_echo" : name);
        Directory.CreateDirectory(Repository.PathOf(OutputFolder));
        string[] arguments = ["-O2", "-Wall", "-Wextra", .. echoes ? (string[])["-DECHO"] : [], "-o", program, Path.Combine(SourceFolder, name + ".c")];
        var result = await ExternalTool.RunAsync(compiler, arguments, Repository.Root, cancellation);
        return result.ExitCode == 0 ? (program, null) : (null, $"{compiler} failed on {name}.c: {result.Error.Trim()}");
    }
}
