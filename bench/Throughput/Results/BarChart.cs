using OxyPlot;
using OxyPlot.Axes;
using OxyPlot.Series;

namespace Reactor.Bench.Throughput.Results;

/// <summary>CPU per request as bars, with the range of the rounds.</summary>
internal static class BarChart
{
    private const double Width = 760;
    private const double HeightOfBar = 26;
    private const double HeightOfRest = 110;

    public static string Render(Report report)
    {
        // Upwards is how the axis counts; the table's first row is to be on top.
        Summary[] rows = [.. report.Summaries.Reverse()];
        var model = new PlotModel { Title = report.Title, TitleFontSize = 12, PlotAreaBorderThickness = new OxyThickness(1, 0, 0, 1), Background = OxyColors.White };
        var names = new CategoryAxis { Position = AxisPosition.Left, GapWidth = 0.4 };
        names.Labels.AddRange(rows.Select(row => row.Candidate));
        model.Axes.Add(names);
        model.Axes.Add(new LinearAxis { Position = AxisPosition.Bottom, Minimum = 0, Title = "CPU µs per request (median, with range)", MajorGridlineStyle = LineStyle.Solid, MajorGridlineColor = OxyColors.LightGray });
        var bars = new ErrorBarSeries { FillColor = OxyColors.SteelBlue, LabelFormatString = "{0:0.00}", LabelPlacement = LabelPlacement.Inside, TextColor = OxyColors.White };
        foreach (var row in rows)
        {
            var cpu = row.CpuMicrosecondsPerRequest;
            bars.Items.Add(new ErrorBarItem(cpu.Median, (cpu.Max - cpu.Min) / 2));
        }

        model.Series.Add(bars);
        var exporter = new SvgExporter { Width = Width, Height = HeightOfRest + (HeightOfBar * rows.Length), UseVerticalTextAlignmentWorkaround = true };
        return exporter.ExportToString(model);
    }
}
