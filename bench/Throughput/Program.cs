using System.CommandLine;
using Reactor.Bench.Throughput.Http;
using Reactor.Bench.Throughput.Preempt;

var command = new RootCommand("Whole servers side by side, compared by the CPU time that a request costs them.")
{
    HttpCommand.Create(),
    PreemptCommand.Create(),
};

// On Ctrl-C the run kills what it started before it ends; the default of two seconds is short for that on a busy machine.
return await command.Parse(args).InvokeAsync(new InvocationConfiguration { ProcessTerminationTimeout = TimeSpan.FromSeconds(10) });
