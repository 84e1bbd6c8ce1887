using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Runtime.CompilerServices;

namespace Reactor.Net;

/// <summary>
/// An activity for each connection of a server, while somebody listens to the source "Reactor.Net": from its acceptance to
/// the end of its handler, with the attributes that OpenTelemetry has for networks.
/// </summary>
internal static class ConnectionActivity
{
    internal const string SourceName = "Reactor.Net";

    private static readonly ActivitySource s_source = new(SourceName);

    internal static bool IsListenedTo => s_source.HasListeners();

    /// <remarks>Hot path: one look while nobody listens.</remarks>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static Activity? Start(StreamConnection connection) => s_source.HasListeners() ? StartListened(connection) : null;

    /// <summary>On any thread.</summary>
    internal static void End(Activity? activity, Exception? failure)
    {
        if (activity is null)
        {
            return;
        }

        if (failure is not null)
        {
            activity.SetStatus(ActivityStatusCode.Error, failure.Message);
            activity.SetTag("error.type", failure is SocketException socket ? socket.SocketErrorCode.ToString() : failure.GetType().FullName);
        }

        activity.Stop();
    }

    private static Activity? StartListened(StreamConnection connection)
    {
        // Nobody's child: what accepts it is not what brought it about.
        Activity.Current = null;
        var tags = new TagList { { "reactor.shard", connection.Shard.Id } };
        bool isIp = connection.LocalEndPoint is IPEndPoint;
        tags.Add("network.transport", isIp ? "tcp" : "unix");
        if (isIp)
        {
            tags.Add("network.type", AddressOf(connection.LocalEndPoint) is { AddressFamily: AddressFamily.InterNetworkV6 } ? "ipv6" : "ipv4");
        }

        Add(ref tags, "network.local", connection.LocalEndPoint);
        Add(ref tags, "network.peer", connection.RemoteEndPoint);
        Activity? activity = s_source.StartActivity("Reactor.Net.Connection", ActivityKind.Server, parentContext: default, tags);
        if (activity is not null)
        {
            activity.DisplayName = isIp ? "TCP connection" : "Unix connection";
        }

        return activity;
    }

    private static void Add(ref TagList tags, string side, EndPoint? endPoint)
    {
        if (endPoint is IPEndPoint ip)
        {
            tags.Add($"{side}.address", AddressOf(ip)!.ToString());
            tags.Add($"{side}.port", ip.Port);
        }
        else if (endPoint?.ToString() is { Length: > 0 } name)
        {
            tags.Add($"{side}.address", name);
        }
    }

    private static IPAddress? AddressOf(EndPoint? endPoint) => (endPoint as IPEndPoint)?.Address switch
    {
        { IsIPv4MappedToIPv6: true } mapped => mapped.MapToIPv4(),
        var address => address,
    };
}
