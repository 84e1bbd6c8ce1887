using System.CommandLine;
using Reactor.Bench.Kestrel;

var port = new Option<int>("--port") { Description = "The loopback port to listen on.", DefaultValueFactory = _ => 8080 };
var mode = new Option<TransportMode>("--mode")
{
    Description = "default: the thread pool as shipped; inline: everything on the socket's own epoll thread.",
    DefaultValueFactory = _ => TransportMode.Default,
};

var command = new RootCommand("Plaintext and JSON on Kestrel's sockets transport, to compare with.") { port, mode };
command.SetAction((arguments, cancellation) =>
    PlaintextServer.RunAsync(arguments.GetValue(port), arguments.GetValue(mode), cancellation));
return await command.Parse(args).InvokeAsync();
