using System.CommandLine;
using Reactor.Bench.Backends;
using Reactor.Samples.Common;
using Reactor.Samples.Echo;
using Reactor.Samples.Http;

var server = new Option<ServerKind>("--server") { Description = "Whose handler serves: the Http sample's or the Echo sample's." };
var design = new Option<Design>("--design") { Description = "framework: what --backend says; listener: a SCHED_FIFO thread waits in epoll and hands events over; quotaThread: epoll in the shard's thread, and a SCHED_FIFO thread that waits for the time slice's timer." };
var listenerCpu = new Option<int?>("--listener-cpu") { Description = "A CPU for the listener thread. Default: the shard's own." };

if (ServerArguments.Parse(args, "The samples' servers on designs that Reactor is compared with.", out int exitCode, server, design, listenerCpu) is not { } arguments)
{
    return exitCode;
}

int? cpu = arguments.Parsed.GetValue(listenerCpu);
arguments.Reactor.SupplyBackend = arguments.Parsed.GetValue(design) switch
{
    Design.Listener => () => ListenerBackend.Create(cpu),
    Design.QuotaThread => QuotaThreadBackend.Create,
    _ => null,
};

return await SampleProgram.RunAsync(arguments, arguments.Parsed.GetValue(server) == ServerKind.Echo ? EchoServer.StartAsync : HttpServer.StartAsync);
