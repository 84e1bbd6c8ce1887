using System.CommandLine;
using Reactor.Bench.Kestrel;

var port = new Option<int>("--port") { Description = "The loopback port to listen on.", DefaultValueFactory = _ => 8080 };
var mode = new Option<TransportMode>("--mode")
{
    Description = "default: the thread pool as shipped; inline: everything on the socket's own epoll thread; reactor: on shards, the application on the thread pool; reactorInline: on shards.",
    DefaultValueFactory = _ => TransportMode.Default,
};

var shards = new Option<int>("--shards") { Description = "How many shards the reactor modes have.", DefaultValueFactory = _ => 1 };
var echo = new Option<bool>("--echo") { Description = "No HTTP: connections get back what they send." };
var command = new RootCommand("Plaintext and JSON on Kestrel, to compare with, and to compare transports by.") { port, mode, shards, echo };
command.SetAction((arguments, cancellation) =>
    PlaintextServer.RunAsync(arguments.GetValue(port), arguments.GetValue(mode), arguments.GetValue(shards), arguments.GetValue(echo), cancellation));
return await command.Parse(args).InvokeAsync();
