using Reactor.Samples.Common;
using Reactor.Samples.Echo;

return await SampleProgram.RunAsync(args, "A TCP server that sends back what it receives.", EchoServer.StartAsync);
