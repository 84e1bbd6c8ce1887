using System.Security.Cryptography;

namespace Reactor.Samples.WebApp.Endpoints;

/// <summary>Large bodies both ways, of which nobody holds more than a buffer: who is faster waits for who is slower.</summary>
internal static class Transfers
{
    private const int BufferSize = 64 * 1024;

    internal static void MapTransfers(this IEndpointRouteBuilder endpoints)
    {
        endpoints.MapPost("/upload", (RequestDelegate)UploadAsync);
        endpoints.MapGet("/download", (RequestDelegate)DownloadAsync);
    }

    /// <summary>Answers how many bytes came, and their SHA-256.</summary>
    private static async Task UploadAsync(HttpContext context)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        byte[] buffer = new byte[BufferSize];
        long bytes = 0;
        while (await context.Request.Body.ReadAsync(buffer, context.RequestAborted) is var read and > 0)
        {
            hash.AppendData(buffer, 0, read);
            bytes += read;
            await Shard.YieldIfNeeded();
        }

        await context.Response.WriteAsync($"{bytes} {Convert.ToHexStringLower(hash.GetHashAndReset())}\n");
    }

    /// <summary><c>?bytes=N</c> zeros.</summary>
    private static async Task DownloadAsync(HttpContext context)
    {
        if (!long.TryParse(context.Request.Query["bytes"], out long bytes) || bytes < 0)
        {
            context.Response.StatusCode = StatusCodes.Status400BadRequest;
            await context.Response.WriteAsync("Say how much: /download?bytes=1000000\n");
            return;
        }

        context.Response.ContentType = "application/octet-stream";
        context.Response.ContentLength = bytes;
        byte[] zeros = new byte[BufferSize];
        while (bytes > 0)
        {
            int part = (int)Math.Min(bytes, zeros.Length);
            await context.Response.Body.WriteAsync(zeros.AsMemory(0, part), context.RequestAborted);
            bytes -= part;
        }
    }
}
