using System.Net.WebSockets;

namespace Reactor.Samples.WebApp.Endpoints;

/// <summary><c>/echo</c>: sends back what comes in, part by part.</summary>
internal static class WebSocketEcho
{
    internal static void MapWebSocketEcho(this IEndpointRouteBuilder endpoints) => endpoints.Map("/echo", EchoAsync);

    private static async Task EchoAsync(HttpContext context)
    {
        if (!context.WebSockets.IsWebSocketRequest)
        {
            context.Response.StatusCode = StatusCodes.Status426UpgradeRequired;
            await context.Response.WriteAsync("Come with a WebSocket.\n");
            return;
        }

        CancellationToken stopping = context.RequestServices.GetRequiredService<IHostApplicationLifetime>().ApplicationStopping;
        using WebSocket socket = await context.WebSockets.AcceptWebSocketAsync();
        byte[] buffer = new byte[4 * 1024];
        try
        {
            while (await socket.ReceiveAsync(buffer.AsMemory(), stopping) is { MessageType: not WebSocketMessageType.Close } received)
            {
                await socket.SendAsync(buffer.AsMemory(0, received.Count), received.MessageType, received.EndOfMessage, stopping);
            }

            await socket.CloseAsync(WebSocketCloseStatus.NormalClosure, null, stopping);
        }
        catch (Exception exception) when (exception is WebSocketException or OperationCanceledException)
        {
            // The client is gone without a word, or the application stops.
        }
    }
}
