using System.Text.RegularExpressions;

namespace Reactor.Bench.Throughput.Candidates;

/// <summary>nginx with a configuration of its own that shares nothing with one that the machine may run.</summary>
internal static partial class Nginx
{
    public static async Task<Preparation> PrepareAsync(string name, TemporaryFolder folder, CancellationToken cancellation)
    {
        if (ExternalTool.Find("nginx") is not { } program)
        {
            return Preparation.Skip("nginx is not installed");
        }

        // It says on standard error which modules it was built with; a directive of a missing module is an error.
        var version = await ExternalTool.RunAsync(program, ["-V"], Repository.Root, cancellation);
        var modules = TemporaryPathOption().Matches(version.Error).Select(match => match.Groups["module"].Value.Replace('-', '_')).ToList();
        string configuration = folder.PathOf("nginx.conf");
        return Preparation.Ready(new Candidate(name, $"{program} -e stderr -c {configuration}")
        {
            BeforeStart = port => File.WriteAllText(configuration, Configuration(port, folder, modules)),
        });
    }

    // Connections are never closed by count or by time: a load generator sees neither from the other candidates.
    private static string Configuration(int port, TemporaryFolder folder, IEnumerable<string> modules) => $$"""
        daemon off;
        worker_processes 1;
        worker_rlimit_nofile 20480;
        pid {{folder.PathOf("nginx.pid")}};
        error_log stderr warn;
        events { worker_connections 20480; }
        http {
            access_log off;
            {{string.Join("\n    ", modules.Select(module => $"{module}_temp_path {folder.PathOf(module)};"))}}
            keepalive_requests 1000000000;
            keepalive_timeout 1h;
            client_header_timeout 1h;
            server {
                listen 127.0.0.1:{{port}} backlog=4096;
                location = /plaintext { default_type text/plain; return 200 "Hello, World!"; }
                location = /json { default_type application/json; return 200 '{"message":"Hello, World!"}'; }
            }
        }
        """;

    [GeneratedRegex(@"--http-(?<module>[a-z-]+)-temp-path=")]
    private static partial Regex TemporaryPathOption();
}
