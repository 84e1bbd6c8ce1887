using System.CommandLine;
using Reactor.Bench.Throughput.Results;

namespace Reactor.Bench.Throughput.Commands;

/// <summary>The <c>report</c> subcommand: writes the tables and charts of earlier runs into documents.</summary>
internal static class ReportCommand
{
    public static Command Create()
    {
        var json = new Argument<FileInfo[]>("json") { Description = "What --json has written. Of two tables of one name the later one counts.", Arity = ArgumentArity.OneOrMore };
        var documents = new Option<FileInfo[]>("--into") { Description = "Markdown files whose marked places are filled: <!-- bench:table ID --> … <!-- /bench -->, also short, chart.", DefaultValueFactory = _ => [] };
        var svg = new Option<DirectoryInfo?>("--svg") { Description = "Where the charts go." };
        var command = new Command("report", "Writes the tables and charts of earlier runs into documents.") { json, documents, svg };
        command.SetAction((arguments, cancellation) => BenchProgram.GuardAsync(
            async _ =>
            {
                var results = BenchResults.Merge(await Task.WhenAll(arguments.GetValue(json)!.Select(file => ReadAsync(file, cancellation))));
                var charts = arguments.GetValue(svg);
                await new ReportFiles(Json: null, Markdown: null, charts).WriteAsync(results, cancellation);
                foreach (var document in arguments.GetValue(documents)!)
                {
                    string folder = charts is null ? "" : Path.GetRelativePath(document.Directory!.FullName, charts.FullName);
                    string text = await File.ReadAllTextAsync(document.FullName, cancellation);
                    await File.WriteAllTextAsync(document.FullName, MarkedPlaces.Fill(text, results, folder), cancellation);
                }
            },
            cancellation));
        return command;
    }

    private static async Task<BenchResults> ReadAsync(FileInfo file, CancellationToken cancellation)
    {
        try
        {
            return JsonReport.Parse(await File.ReadAllTextAsync(file.FullName, cancellation));
        }
        catch (Exception exception) when (exception is IOException or System.Text.Json.JsonException)
        {
            throw new BenchFailure($"{file} cannot be read as results of this program: {exception.Message}", BenchFailure.CannotStart);
        }
    }
}
