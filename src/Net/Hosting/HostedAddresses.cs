using System.Net;
using System.Net.Sockets;

namespace Reactor.Net.Hosting;

/// <summary>The addresses of a server of an application: it listens on all of them, or on none.</summary>
internal static class HostedAddresses
{
    /// <typeparam name="TServer">Listens on one of them.</typeparam>
    /// <param name="context">What is needed to start.</param>
    /// <param name="name">The name of the server, for messages.</param>
    /// <param name="addresses">As a user wrote them.</param>
    /// <param name="start">Starts to listen.</param>
    /// <param name="stop">Stops at once.</param>
    /// <param name="cancellationToken">Ends the start between two addresses.</param>
    /// <exception cref="IOException">One cannot be had.</exception>
    internal static async Task<TServer[]> ListenAsync<TServer>(
        ServerContext context,
        string name,
        IEnumerable<string> addresses,
        Func<IPEndPoint, Task<TServer>> start,
        Func<TServer, Task> stop,
        CancellationToken cancellationToken)
    {
        var started = new List<TServer>();
        try
        {
            foreach (string address in addresses)
            {
                await ListenAsync(context, name, ListenAddress.Parse(address), start, started, cancellationToken).ConfigureAwait(false);
            }

            return [.. started];
        }
        catch
        {
            await Task.WhenAll(started.Select(stop)).ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>One or several addresses of one port. What is started is added to the list.</summary>
    private static async Task ListenAsync<TServer>(ServerContext context, string name, ListenAddress address, Func<IPEndPoint, Task<TServer>> start, List<TServer> started, CancellationToken cancellationToken)
    {
        int before = started.Count;
        SocketException? failure = null;
        foreach (IPEndPoint endPoint in address.EndPoints)
        {
            cancellationToken.ThrowIfCancellationRequested();
            try
            {
                started.Add(await start(endPoint).ConfigureAwait(false));
            }
            catch (SocketException exception) when (address.TakesWhatThereIs && exception.SocketErrorCode is SocketError.AddressNotAvailable or SocketError.AddressFamilyNotSupported)
            {
                NetLog.AddressSkipped(context.Logger, name, endPoint, exception.Message);
                failure = exception;
            }
            catch (SocketException exception)
            {
                throw CannotListen(name, exception);
            }
        }

        if (started.Count == before)
        {
            throw CannotListen(name, failure!);
        }
    }

    private static IOException CannotListen(string name, SocketException failure) => new($"Server '{name}' could not be started: {failure.Message}", failure);
}
