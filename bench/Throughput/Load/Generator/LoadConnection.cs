using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Reactor.Net;

namespace Reactor.Bench.Throughput.Load.Generator;

/// <summary>
/// One connection of the load: sends a batch, waits for its answers, and so on. With a rate it sends at its times, and an
/// answer's latency counts from the time at which its request was due: a server that makes the generator wait makes all
/// requests late that should have been sent meanwhile (otherwise these would be left out of the figures: coordinated omission).
/// </summary>
internal sealed class LoadConnection
{
    private const int BufferSize = 16 * 1024;

    /// <summary>Connections that end leave their ports in TIME_WAIT: several addresses have several times as many.</summary>
    private const int SourceAddresses = 16;

    private readonly LoadRun _run;
    private readonly AnswerReader _answers;
    private readonly byte[] _buffer = GC.AllocateUninitializedArray<byte>(BufferSize, pinned: true);
    private readonly TcpConnectionOptions? _source;
    private readonly long _period;
    private long _due;

    /// <param name="run">What it belongs to.</param>
    /// <param name="index">Its number, from 0.</param>
    /// <param name="start">When the schedule begins, in Stopwatch ticks.</param>
    public LoadConnection(LoadRun run, int index, long start)
    {
        _run = run;
        var settings = run.Settings;
        _answers = AnswerReader.For(settings, run.Batch[..(run.Batch.Length / settings.Pipeline)]);
        if (settings.Rate is { } rate)
        {
            // Each connection has its part of the rate, and its own place within the period.
            double period = (double)Stopwatch.Frequency * settings.Connections * settings.Pipeline / rate;
            _period = (long)period;
            _due = start + (long)(period * index / settings.Connections);
        }

        if (settings.RequestsPerConnection is not null)
        {
            var address = new IPAddress((ReadOnlySpan<byte>)[127, 0, 0, (byte)(2 + (index % SourceAddresses))]);
            _source = new TcpConnectionOptions { LocalEndPoint = new IPEndPoint(address, 0) };
        }
    }

    public async Task RunAsync()
    {
        try
        {
            while (!_run.IsStopping)
            {
                await ServeOneConnectionAsync();
            }
        }
        catch (Exception exception) when (exception is SocketException or IOException or InvalidDataException)
        {
            if (!_run.IsStopping)
            {
                _run.OnError(exception);
            }
        }
    }

    private async Task ServeOneConnectionAsync()
    {
        long since = await WaitUntilDueAsync();
        using TcpConnection connection = await TcpConnector.ConnectAsync(_run.Server, _source);
        _answers.Reset();
        int left = _run.Settings.RequestsPerConnection ?? int.MaxValue;
        while (true)
        {
            await AskAsync(connection);
            _run.OnAnswered(since);
            if (--left <= 0 || _run.IsStopping)
            {
                return;
            }

            since = await WaitUntilDueAsync();
        }
    }

    /// <summary>When the next batch is sent; with a rate, when it should have been.</summary>
    private ValueTask<long> WaitUntilDueAsync() => _period == 0 ? new ValueTask<long>(Stopwatch.GetTimestamp()) : WaitAsync();

    private async ValueTask<long> WaitAsync()
    {
        long due = _due;
        _due += _period;
        var delay = Stopwatch.GetElapsedTime(Stopwatch.GetTimestamp(), due);
        if (delay > TimeSpan.Zero)
        {
            await Shard.Delay(delay);
        }

        return due;
    }

    private async ValueTask AskAsync(TcpConnection connection)
    {
        await connection.SendAsync(_run.Batch);
        for (int missing = _run.Settings.Pipeline; missing > 0;)
        {
            int received = await connection.ReceiveAsync(_buffer);
            if (received == 0)
            {
                throw new IOException("the server closed a connection before it had answered");
            }

            _run.OnReceived(received);
            missing -= _answers.Take(_buffer.AsSpan(0, received));
        }
    }
}
