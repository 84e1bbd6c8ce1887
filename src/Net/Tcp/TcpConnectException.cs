using System.Net;
using System.Net.Sockets;

namespace Reactor.Net;

/// <summary>
/// No connection came about, with any of several addresses or in time. A <see cref="SocketException"/> like that of a single
/// address; the message names every address that was tried and what became of it.
/// </summary>
public sealed class TcpConnectException : SocketException
{
    private TcpConnectException(SocketError code, string message, IReadOnlyList<SocketException> errors)
        : base((int)code, message) =>
        Errors = errors;

    /// <summary>The errors of those addresses that failed, in the order in which they did.</summary>
    public IReadOnlyList<SocketException> Errors { get; }

    internal static TcpConnectException AllFailed(string attempt, IReadOnlyList<SocketException> errors) =>
        new(MostTelling(errors), IsOneWhoSaysAll(attempt, errors) ? errors[0].Message : $"{attempt} failed: {Join(errors)}", errors);

    /// <param name="attempt">What was tried.</param>
    /// <param name="timeout">How long.</param>
    /// <param name="unanswered">The addresses that were being tried.</param>
    /// <param name="errors">Of the addresses that had failed.</param>
    internal static TcpConnectException TimedOut(string attempt, TimeSpan timeout, IReadOnlyList<IPEndPoint> unanswered, IReadOnlyList<SocketException> errors)
    {
        string state = unanswered.Count > 0 ? $"No answer from {string.Join(", ", unanswered)}." : "The look-up of the name had not ended.";
        return new TcpConnectException(
            SocketError.TimedOut,
            $"{attempt} timed out after {timeout.TotalMilliseconds:0.###} ms ({nameof(TcpConnectorOptions)}.{nameof(TcpConnectorOptions.ConnectTimeout)}). {state} {Join(errors)}".TrimEnd(),
            errors);
    }

    /// <summary>The last error, but one that this machine has no way to the address says little when another has been reached.</summary>
    private static SocketError MostTelling(IReadOnlyList<SocketException> errors) =>
        (errors.LastOrDefault(static error => !SaysNoWay(error.SocketErrorCode)) ?? errors[^1]).SocketErrorCode;

    private static bool SaysNoWay(SocketError code) => code is SocketError.NetworkUnreachable or SocketError.HostUnreachable
        or SocketError.AddressNotAvailable or SocketError.AddressFamilyNotSupported;

    /// <summary>A single address that was given as such, and not by name.</summary>
    private static bool IsOneWhoSaysAll(string attempt, IReadOnlyList<SocketException> errors) =>
        errors.Count == 1 && errors[0].Message.StartsWith(attempt, StringComparison.Ordinal);

    private static string Join(IReadOnlyList<SocketException> errors) => string.Join(" ", errors.Select(static error => error.Message));
}
