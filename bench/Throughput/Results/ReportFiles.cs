namespace Reactor.Bench.Throughput.Results;

/// <summary>Where results go besides the console.</summary>
internal sealed record ReportFiles(FileInfo? Json, FileInfo? Markdown, DirectoryInfo? Svg)
{
    public async Task WriteAsync(BenchResults results, CancellationToken cancellation)
    {
        await WriteAsync(Json, () => JsonReport.Render(results), cancellation);
        await WriteAsync(Markdown, () => MarkdownReport.Render(results), cancellation);
        if (Svg is not null)
        {
            foreach (var report in results.Reports)
            {
                await WriteAsync(new FileInfo(Path.Combine(Svg.FullName, report.Id + ".svg")), () => BarChart.Render(report), cancellation);
            }
        }
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
