using BenchmarkDotNet.Running;
using Reactor.Bench.Micro;

bool quick = args.Contains(MicroConfig.QuickOption);
string[] rest = [.. args.Where(argument => argument != MicroConfig.QuickOption)];

// Without a filter BenchmarkDotNet asks on the console what to run.
BenchmarkSwitcher.FromAssembly(typeof(MicroConfig).Assembly).Run(rest.Length == 0 ? ["--filter", "*"] : rest, new MicroConfig(quick));
