using System.Collections.Concurrent;
using System.Net.Sockets;
using Microsoft.AspNetCore.Http;

namespace Reactor.Net.Kestrel.Tests.Stopping;

/// <summary>Clients that ask until there is nobody to answer, and an application that stops in the middle of it.</summary>
internal sealed class StopLoad(Transport transport, int round) : IAsyncDisposable
{
    private const int Clients = 8;

    private readonly ConcurrentDictionary<int, bool> _answered = [];
    private TestApp? _app;
    private int _last;

    /// <summary>Requests that the application has begun to serve, and whose client has no answer.</summary>
    internal IEnumerable<int> Lost => _answered.Where(request => !request.Value).Select(request => request.Key);

    internal async Task RunAsync()
    {
        _app = await TestApp.StartAsync(transport, ServeAsync, options => options.Reactor = reactor =>
            reactor.Distribution = round % 2 == 0 ? ConnectionDistribution.ReusePort : ConnectionDistribution.LeastConnections);
        Task[] clients = [.. Enumerable.Range(0, Clients).Select(_ => Task.Run(AskAsync))];
        await Eventually.IsTrueAsync(() => _answered.Count > 100, "the load is on");
        await _app.StopAsync().InTimeAsync();
        await Task.WhenAll(clients).InTimeAsync();
    }

    public ValueTask DisposeAsync() => _app?.DisposeAsync() ?? default;

    private async Task ServeAsync(HttpContext context)
    {
        int request = int.Parse(context.Request.Path.Value![1..]);
        _answered.TryAdd(request, false);
        if (request % 3 == 0)
        {
            await Task.Delay(request % 5);
        }

        string answer = context.Request.Path.Value;
        context.Response.ContentLength = answer.Length;
        await context.Response.WriteAsync(answer);
    }

    private async Task AskAsync()
    {
        while (true)
        {
            try
            {
                using Client client = await _app!.ConnectAsync();
                for (int i = 0; i < 20; i++)
                {
                    int request = Interlocked.Increment(ref _last);
                    await client.SendGetAsync($"/{request}");
                    if (await TryReceiveAsync(client) is not { } answer)
                    {
                        break;
                    }

                    Assert.Equal($"/{request}", answer);
                    _answered[request] = true;
                }
            }
            catch (SocketException exception) when (exception.SocketErrorCode == SocketError.ConnectionRefused)
            {
                return;
            }
            catch (SocketException)
            {
                // Closed while it was idle.
            }
        }
    }

    /// <summary>Null if the connection has ended before the first byte of an answer.</summary>
    private static async Task<string?> TryReceiveAsync(Client client)
    {
        if (await client.Socket.ReceiveAsync(new byte[1].AsMemory(), SocketFlags.Peek) == 0)
        {
            return null;
        }

        return (await client.ReceiveAnswerAsync()).Body;
    }
}
