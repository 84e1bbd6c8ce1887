using System.CommandLine;
using Reactor.Bench.Throughput.Commands;
using Reactor.Bench.Throughput.Inside.CrossShard;
using Reactor.Bench.Throughput.Inside.Preempt;
using Reactor.Bench.Throughput.Inside.Timers;
using Reactor.Bench.Throughput.Load.Generator;

var command = new RootCommand("Whole servers side by side, compared by the CPU time that a request costs them.")
{
    RequestCommands.Http(),
    RequestCommands.Echo(),
    RequestCommands.Kestrel(),
    ConnectionCommands.Idle(),
    ConnectionCommands.Accept(),
    ConnectionCommands.Latency(),
    CrossShardCommand.Create(),
    TimersCommand.Create(),
    PreemptCommand.Create(),
    AllCommand.Create(),
    QuickCommand.Create(),
    ReportCommand.Create(),
    LoadCommand.Create(),
};
QuickCommand.AddTo(command);

// On Ctrl-C the run kills what it started before it ends; the default of two seconds is short for that on a busy machine.
return await command.Parse(args).InvokeAsync(new InvocationConfiguration { ProcessTerminationTimeout = TimeSpan.FromSeconds(10) });
