using Reactor.Bench.Throughput.Candidates;

namespace Reactor.Bench.Throughput.Http;

/// <summary>The HTTP servers that Reactor is held against. The first is the one that ratios refer to.</summary>
internal static class HttpCandidates
{
    private const string Sample = "src/Samples/Http";
    private const string Kestrel = "bench/Baselines/Kestrel";

    public static IReadOnlyList<CandidateSource> Default(TemporaryFolder folder)
    {
        string reactor = BinaryOf(Sample, "Http");
        string kestrel = BinaryOf(Kestrel, "Kestrel");
        return
        [
            Dotnet(Sample, reactor, new Candidate("reactor", $"{reactor} --port {{port}} --shards 1 --cpus {Cpus.Server}")),
            C("c-aio", "aio_loop"),
            C("c-epoll", "epoll_loop"),
            Dotnet(Kestrel, kestrel, new Candidate("kestrel", $"{kestrel} --port {{port}} --mode default")),
            Dotnet(Kestrel, kestrel, new Candidate("kestrel-inline", $"{kestrel} --port {{port}} --mode inline")
            {
                // The program sets it itself, too; here it shows that this is what makes the candidate what it is.
                Environment = new Dictionary<string, string> { ["DOTNET_SYSTEM_NET_SOCKETS_INLINE_COMPLETIONS"] = "1" },
            }),
            new("nginx", cancellation => Nginx.PrepareAsync("nginx", folder, cancellation)),
        ];
    }

    private static string BinaryOf(string project, string name) => $"{project}/bin/Release/net10.0/{name}";

    private static CandidateSource Dotnet(string project, string executable, Candidate candidate) =>
        new(candidate.Name, async cancellation => await DotnetBuild.RunAsync(project, executable, cancellation) is { } failure
            ? Preparation.Skip(failure)
            : Preparation.Ready(candidate));

    private static CandidateSource C(string name, string source) => new(name, async cancellation =>
    {
        var (program, failure) = await CCompiler.CompileAsync(source, cancellation);
        return program is null ? Preparation.Skip(failure!) : Preparation.Ready(new Candidate(name, $"{program} {{port}}"));
    });
}
