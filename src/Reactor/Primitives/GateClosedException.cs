namespace Reactor;

/// <summary>Somebody wanted to enter a <see cref="Gate"/> that is closed: what it guards is going away.</summary>
/// <remarks>
/// An <see cref="ObjectDisposedException"/>, as is what the waits of a stopping shard end with, so that one catch tells
/// "it is over" from a failure.
/// </remarks>
public sealed class GateClosedException : ObjectDisposedException
{
    /// <summary>With a message that says what was tried, on what.</summary>
    /// <param name="message">The message.</param>
    public GateClosedException(string message)
        : base(nameof(Gate), message)
    {
    }

    /// <summary>With a message of its own, and what caused it.</summary>
    /// <param name="message">The message.</param>
    /// <param name="innerException">The cause.</param>
    public GateClosedException(string message, Exception innerException)
        : base(message, innerException)
    {
    }

    /// <summary>With a message that says no more than that.</summary>
    public GateClosedException()
        : this("The gate is closed; nobody may enter any more.")
    {
    }
}
