using System.Net.Sockets;
using Microsoft.Extensions.Options;
using Reactor.Samples.Common;
using Reactor.Samples.WebApp;

// An ASP.NET application whose connections, and on request whose code, are on the shards. The page at / shows them.
if (WebAppArguments.Parse(args, out int exitCode) is not { } arguments)
{
    return exitCode;
}

try
{
    await using WebApplication application = WebApp.Build(arguments);
    await application.StartAsync();
    foreach (string address in application.Urls)
    {
        Console.WriteLine($"listening on {address}");
    }

    await application.WaitForShutdownAsync();
    return 0;
}
catch (OptionsValidationException exception)
{
    Console.Error.WriteLine(exception.Message);
    return ServerArguments.UsageError;
}
catch (ArgumentException exception)
{
    Console.Error.WriteLine(arguments.Common.OptionOf(exception.ParamName) + exception.Message);
    return ServerArguments.UsageError;
}
catch (Exception exception) when (exception is SocketException or IOException or InvalidOperationException or PlatformNotSupportedException)
{
    Console.Error.WriteLine(exception.Message);
    return 1;
}
