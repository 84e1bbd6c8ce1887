using Reactor.Bench.Throughput.Load;

namespace Reactor.Bench.Throughput.Candidates;

/// <summary>The servers of this repository, and those that may be on the machine.</summary>
internal sealed class Catalog(Protocol protocol, TemporaryFolder folder)
{
    private const string Backends = "bench/Baselines/Backends";
    private const string Kestrel = "bench/Baselines/Kestrel";
    private const string Sockets = "bench/Baselines/Sockets";

    private static readonly IReadOnlyDictionary<string, string> s_inlineCompletions =
        new Dictionary<string, string> { ["DOTNET_SYSTEM_NET_SOCKETS_INLINE_COMPLETIONS"] = "1" };

    private string Server => protocol == Protocol.Http ? "http" : "echo";

    /// <summary>Everything that speaks the protocol. The first is the one that ratios refer to.</summary>
    public IReadOnlyList<CandidateSource> All =>
    [
        Shard("reactor", ""),
        Shard("reactor-epoll", "--backend epoll"),
        Shard("listener", "--design listener"),
        Shard("listener-own-cpu", $"--design listener --listener-cpu {Cpus.Load}"),
        Shard("quota-thread", "--design quotaThread"),
        C("c-aio", "aio_loop"),
        C("c-epoll", "epoll_loop"),
        Dotnet(Sockets, new Candidate("sockets", $"{BinaryOf(Sockets)} --port {{port}} --server {Server}")),
        Dotnet(Sockets, new Candidate("sockets-inline", $"{BinaryOf(Sockets)} --port {{port}} --server {Server} --inline") { Environment = s_inlineCompletions }),
        .. KestrelOnAll,
        .. protocol == Protocol.Http ? [new CandidateSource("nginx", cancellation => Nginx.PrepareAsync("nginx", folder, cancellation))] : (CandidateSource[])[],
    ];

    /// <summary>Kestrel on each transport. The first is the one that ratios refer to.</summary>
    public IReadOnlyList<CandidateSource> KestrelOnAll =>
    [
        OnKestrel("kestrel", "default"),
        OnKestrel("kestrel-inline", "inline"),
        OnKestrel("kestrel-reactor", "reactor"),
        OnKestrel("kestrel-reactor-inline", "reactorInline"),
    ];

    /// <summary>As <c>reactor</c>, but its shard never sleeps; for latencies.</summary>
    public CandidateSource Spinning => Dotnet(Backends, new Candidate("reactor-spinning", ShardCommand("--idle-poll -1")) { PinsItself = true });

    /// <summary>As <c>reactor</c>, with the default of looking for news before it sleeps, which takes a process that may use more than one CPU.</summary>
    public CandidateSource Adaptive => Dotnet(Backends, new Candidate("reactor-adaptive", ShardCommand("")) { PinsItself = true });

    private CandidateSource Shard(string name, string options) => Dotnet(Backends, new Candidate(name, ShardCommand(options)));

    private string ShardCommand(string options) => $"{BinaryOf(Backends)} --server {Server} --port {{port}} --shards 1 --cpus {Cpus.Server} {options}".TrimEnd();

    private CandidateSource OnKestrel(string name, string mode) => Dotnet(Kestrel, new Candidate(name, $"{BinaryOf(Kestrel)} --port {{port}} --mode {mode}{(protocol == Protocol.Echo ? " --echo" : "")}")
    {
        // The program sets it itself, too; here it shows that this is what makes the candidate what it is.
        Environment = mode == "inline" ? s_inlineCompletions : new Dictionary<string, string>(),
    });

    private CandidateSource C(string name, string source) => new(name, async cancellation =>
    {
        var (program, failure) = await CCompiler.CompileAsync(source, echoes: protocol == Protocol.Echo, cancellation);
        return program is null ? Preparation.Skip(failure!) : Preparation.Ready(new Candidate(name, $"{program} {{port}}"));
    });

    private static string BinaryOf(string project) => $"{project}/bin/Release/net10.0/{Path.GetFileName(project)}";

    private static CandidateSource Dotnet(string project, Candidate candidate) =>
        new(candidate.Name, async cancellation => await DotnetBuild.RunAsync(project, BinaryOf(project), cancellation) is { } failure
            ? Preparation.Skip(failure)
            : Preparation.Ready(candidate));
}
