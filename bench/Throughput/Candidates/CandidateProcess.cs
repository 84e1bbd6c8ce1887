using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Reactor.Bench.Throughput.Load;

namespace Reactor.Bench.Throughput.Candidates;

/// <summary>
/// One running server, pinned to the server's CPU and listening on a port that the kernel chose. Each round has
/// its own, so that the luck of one start (the JIT's choices, the heap's layout) does not colour every round.
/// Disposing kills it and whatever it started.
/// </summary>
internal sealed class CandidateProcess : IDisposable
{
    private const int KeptLines = 20;

    private static readonly TimeSpan s_startDeadline = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan s_probeInterval = TimeSpan.FromMilliseconds(20);

    private readonly Process _process;
    private readonly ConcurrentQueue<string> _lastLines = new();

    private CandidateProcess(Candidate candidate, int port)
    {
        Candidate = candidate;
        EndPoint = new IPEndPoint(IPAddress.Loopback, port);

        candidate.BeforeStart?.Invoke(port);
        string[] words = [.. candidate.PinsItself ? [] : Cpus.Pin(Cpus.Server), .. candidate.Words(port)];
        var start = new ProcessStartInfo(words[0], words[1..])
        {
            WorkingDirectory = Repository.Root,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (var (name, value) in candidate.Environment)
        {
            start.Environment[name] = value;
        }

        _process = new Process { StartInfo = start };
        _process.OutputDataReceived += (_, line) => Keep(line.Data);
        _process.ErrorDataReceived += (_, line) => Keep(line.Data);
        _process.Start();
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
    }

    public Candidate Candidate { get; }

    public IPEndPoint EndPoint { get; }

    public int Id => _process.Id;

    /// <summary>Starts a server and waits until it answers, rightly, what the load will ask.</summary>
    /// <exception cref="BenchFailure">It ended, did not listen in time, or answered with something else.</exception>
    public static async Task<CandidateProcess> StartAsync(Candidate candidate, LoadSettings load, CancellationToken cancellation)
    {
        var server = new CandidateProcess(candidate, FreePort());
        try
        {
            await server.WaitUntilListeningAsync(cancellation);
            await (load.Protocol == Protocol.Http ? server.CheckAnswerAsync(load.Path, cancellation) : server.CheckEchoAsync(cancellation));
            return server;
        }
        catch
        {
            server.Dispose();
            throw;
        }
    }

    /// <exception cref="BenchFailure">The server is gone, so what was just measured was not it.</exception>
    public void ThrowIfEnded()
    {
        if (_process.HasExited)
        {
            throw Failure($"ended with exit code {_process.ExitCode}");
        }
    }

    public void Dispose()
    {
        if (!_process.HasExited)
        {
            _process.Kill(entireProcessTree: true);
        }

        _process.WaitForExit();
        _process.Dispose();
    }

    private async Task WaitUntilListeningAsync(CancellationToken cancellation)
    {
        var waited = Stopwatch.StartNew();
        while (true)
        {
            ThrowIfEnded();
            using var socket = new Socket(EndPoint.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
            try
            {
                await socket.ConnectAsync(EndPoint, cancellation);
                return;
            }
            catch (SocketException exception) when (waited.Elapsed > s_startDeadline)
            {
                throw Failure($"did not listen on {EndPoint} within {s_startDeadline.TotalSeconds} s ({exception.SocketErrorCode})");
            }
            catch (SocketException)
            {
                await Task.Delay(s_probeInterval, cancellation);
            }
        }
    }

    private async Task CheckAnswerAsync(string path, CancellationToken cancellation)
    {
        using var client = new HttpClient { Timeout = s_startDeadline };
        try
        {
            using var answer = await client.GetAsync(new Uri($"http://{EndPoint}{path}"), cancellation);
            if (!answer.IsSuccessStatusCode)
            {
                throw Failure($"answered GET {path} with {(int)answer.StatusCode}");
            }
        }
        catch (HttpRequestException exception)
        {
            throw Failure($"did not answer GET {path}: {exception.Message}");
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            throw Failure($"did not answer GET {path} within {s_startDeadline.TotalSeconds} s");
        }
    }

    private async Task CheckEchoAsync(CancellationToken cancellation)
    {
        byte[] sent = "Reactor"u8.ToArray();
        byte[] received = new byte[sent.Length];
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        deadline.CancelAfter(s_startDeadline);
        using var client = new TcpClient();
        try
        {
            await client.ConnectAsync(EndPoint, deadline.Token);
            await client.GetStream().WriteAsync(sent, deadline.Token);
            await client.GetStream().ReadExactlyAsync(received, deadline.Token);
        }
        catch (Exception exception) when (exception is IOException or SocketException)
        {
            throw Failure($"did not echo: {exception.Message}");
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            throw Failure($"did not echo within {s_startDeadline.TotalSeconds} s");
        }

        if (!received.AsSpan().SequenceEqual(sent))
        {
            throw Failure("sent back something else than it was sent");
        }
    }

    private BenchFailure Failure(string what) => new(
        $"{Candidate.Name} {what}. Command: {string.Join(' ', Candidate.Words(EndPoint.Port))}{string.Concat(_lastLines.Select(line => "\n  " + line))}",
        BenchFailure.Failed);

    private void Keep(string? line)
    {
        if (line is null)
        {
            return;
        }

        _lastLines.Enqueue(line);
        while (_lastLines.Count > KeptLines)
        {
            _lastLines.TryDequeue(out _);
        }
    }

    private static int FreePort()
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return ((IPEndPoint)socket.LocalEndPoint!).Port;
    }
}
