using System.CommandLine;
using Reactor.Bench.Sockets;

var port = new Option<int>("--port") { Description = "The loopback port to listen on.", DefaultValueFactory = _ => 8080 };
var server = new Option<ServerKind>("--server") { Description = "Whether each request gets the fixed plaintext answer, or what it is comes back." };
var inline = new Option<bool>("--inline") { Description = "Runs what follows a receive on the thread that waits in epoll, not on the thread pool." };

var command = new RootCommand("A server on asynchronous System.Net.Sockets.Socket with no framework around it, to compare with.") { port, server, inline };
command.SetAction((arguments, cancellation) =>
{
    if (arguments.GetValue(inline))
    {
        // Read when the first socket is made.
        Environment.SetEnvironmentVariable("DOTNET_SYSTEM_NET_SOCKETS_INLINE_COMPLETIONS", "1");
    }

    return SocketServer.RunAsync(arguments.GetValue(port), arguments.GetValue(server), cancellation);
});
return await command.Parse(args).InvokeAsync();
