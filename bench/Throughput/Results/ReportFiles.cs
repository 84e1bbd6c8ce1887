namespace Reactor.Bench.Throughput.Results;

/// <summary>Where a report goes besides the console.</summary>
internal sealed record ReportFiles(FileInfo? Json, FileInfo? Markdown)
{
    public async Task WriteAsync(Report report, CancellationToken cancellation)
    {
        await WriteAsync(Json, () => JsonReport.Render(report), cancellation);
        await WriteAsync(Markdown, () => MarkdownReport.Render(report), cancellation);
    }

    private static async Task WriteAsync(FileInfo? file, Func<string> render, CancellationToken cancellation)
    {
        if (file is not null)
        {
            file.Directory?.Create();
            await File.WriteAllTextAsync(file.FullName, render(), cancellation);
        }
    }
}
