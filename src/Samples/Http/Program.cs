using Reactor.Samples.Common;
using Reactor.Samples.Http;

return await SampleProgram.RunAsync(args, "An HTTP/1.1 server.", HttpServer.StartAsync);
