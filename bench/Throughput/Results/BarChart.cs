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
    private const double WidthOfNames = 150;
    private const double RangeThickness = 2;

    public static string Render(Report report)
    {
        // Upwards is how the axis counts; the table's first row is to be on top.
        Summary[] rows = [.. report.Summaries.Reverse()];
        var model = new PlotModel { Title = report.Title, TitleFontSize = 12, PlotAreaBorderThickness = new OxyThickness(1, 0, 0, 1), PlotMargins = new OxyThickness(WidthOfNames, double.NaN, double.NaN, double.NaN), Background = OxyColors.White };
        var names = new CategoryAxis { Position = AxisPosition.Left, GapWidth = 0.4 };
        names.Labels.AddRange(rows.Select(row => row.Candidate));
        model.Axes.Add(names);
        model.Axes.Add(new LinearAxis { Position = AxisPosition.Bottom, Minimum = 0, Title = "CPU µs per request (median, with range)", MajorGridlineStyle = LineStyle.Solid, MajorGridlineColor = OxyColors.LightGray });
        var medians = new BarSeries { FillColor = OxyColors.SteelBlue, LabelFormatString = "{0:0.00}", LabelPlacement = LabelPlacement.Base, TextColor = OxyColors.White };
        var ranges = new LineSeries { Color = OxyColors.Black, StrokeThickness = RangeThickness };
        for (int index = 0; index < rows.Length; index++)
        {
            var cpu = rows[index].CpuMicrosecondsPerRequest;
            medians.Items.Add(new BarItem(cpu.Median));
            ranges.Points.AddRange([new DataPoint(cpu.Min, index), new DataPoint(cpu.Max, index), DataPoint.Undefined]);
        }

        model.Series.Add(medians);
        model.Series.Add(ranges);
        var exporter = new SvgExporter { Width = Width, Height = HeightOfRest + (HeightOfBar * rows.Length), UseVerticalTextAlignmentWorkaround = true };
        return exporter.ExportToString(model);
    }
}
