using System.Net.Sockets;

namespace Reactor.Net;

/// <summary>Makes the exceptions of look-ups: .NET's type and code, and a message that says what was looked up and what to do.</summary>
internal static class ResolveErrors
{
    internal static SocketException From(string host, AddressFamily family, SocketError code) =>
        new((int)code, $"look-up of '{host}'{Only(family)} failed: {Explain(code, family)}");

    /// <summary>For a look-up that brought no address, which is no error to whoever looked.</summary>
    internal static SocketException NoAddress(string host, AddressFamily family) => From(host, family, SocketError.NoData);

    private static string Explain(SocketError code, AddressFamily family) => code switch
    {
        SocketError.HostNotFound when family == AddressFamily.Unspecified =>
            "there is no such host. Check the name (without port or scheme), /etc/hosts, and the search domains in /etc/resolv.conf.",
        SocketError.HostNotFound => "there is no such host, or it has no such address. Check the name, or ask for any family.",
        SocketError.NoData when family == AddressFamily.Unspecified => "it has no address.",
        SocketError.NoData => "it has no such address. Ask for any family.",
        SocketError.TryAgain => "no name server gave an answer. Try again later; /etc/resolv.conf says which are asked.",
        _ => $"the system's resolver says {code}. It is set up in /etc/nsswitch.conf and /etc/resolv.conf.",
    };

    private static string Only(AddressFamily family) => family switch
    {
        AddressFamily.InterNetwork => " (IPv4 only)",
        AddressFamily.InterNetworkV6 => " (IPv6 only)",
        _ => "",
    };
}
