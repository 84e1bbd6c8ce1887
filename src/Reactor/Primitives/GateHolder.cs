using Reactor.Primitives;

namespace Reactor;

/// <summary>
/// Holds a <see cref="Gate"/> until it is disposed. Copies are one and the same hold: the first that is disposed ends it,
/// and disposing the others, or one of them again, does nothing.
/// </summary>
/// <remarks>A default value holds nothing and may be disposed too.</remarks>
public readonly struct GateHolder : IDisposable
{
    private readonly Gate? _gate;
    private readonly HolderKey _key;

    internal GateHolder(Gate gate, HolderKey key)
    {
        _gate = gate;
        _key = key;
    }

    /// <summary>Whether the gate is still held through this.</summary>
    /// <exception cref="InvalidOperationException">Not on the gate's shard.</exception>
    public bool IsHeld => _gate is not null && _gate.IsHeld(_key);

    /// <summary>Holds the gate once more, for work that goes on by itself. A gate that is closing lets that be, because this still holds it.</summary>
    /// <returns>Another holder, to be disposed on its own.</returns>
    /// <exception cref="InvalidOperationException">This holds nothing, or not any more; or not on the gate's shard.</exception>
    /// <exception cref="ObjectDisposedException">The shard has stopped.</exception>
    public GateHolder Hold() => _gate?.HoldAgain(_key)
        ?? throw new InvalidOperationException("This holder holds no gate. Get one from Gate.Enter or Gate.TryEnter.");

    /// <summary>Leaves the gate; nothing happens if that has been done, or if the shard has stopped.</summary>
    /// <exception cref="InvalidOperationException">Not on the gate's shard.</exception>
    public void Dispose() => _gate?.Release(_key);
}
