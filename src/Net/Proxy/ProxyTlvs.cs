using System.Buffers.Binary;

namespace Reactor.Net;

/// <summary>
/// The type-length-values behind the addresses of a PROXY header of version 2, in the order in which they came. That all are
/// within their bounds has been checked, so that walking through them cannot fail.
/// </summary>
public readonly struct ProxyTlvs
{
    /// <summary>The type, and two bytes of length.</summary>
    internal const int PrefixLength = 3;

    private ProxyTlvs(ReadOnlyMemory<byte> raw) => Raw = raw;

    /// <summary>All bytes of them, as they came.</summary>
    public ReadOnlyMemory<byte> Raw { get; }

    /// <summary>Takes bytes for such values: those within a value of the type <see cref="ProxyTlvType.Ssl"/>, from its sixth byte on.</summary>
    /// <param name="raw">The bytes; they are not copied.</param>
    /// <param name="tlvs">The values.</param>
    /// <returns>False when one reaches beyond the end.</returns>
    public static bool TryParse(ReadOnlyMemory<byte> raw, out ProxyTlvs tlvs)
    {
        bool isWellFormed = IsWellFormed(raw.Span);
        tlvs = isWellFormed ? new ProxyTlvs(raw) : default;
        return isWellFormed;
    }

    /// <summary>Finds the first value of a type.</summary>
    /// <param name="type">The type.</param>
    /// <param name="value">Its bytes, of which there may be none.</param>
    public bool TryGet(ProxyTlvType type, out ReadOnlyMemory<byte> value)
    {
        foreach (ProxyTlv tlv in this)
        {
            if (tlv.Type == type)
            {
                value = tlv.Value;
                return true;
            }
        }

        value = default;
        return false;
    }

    /// <summary>Walks through them; allocates nothing.</summary>
    public Enumerator GetEnumerator() => new(Raw);

    /// <summary>Takes a copy of bytes that have been checked.</summary>
    internal static ProxyTlvs Copy(ReadOnlySpan<byte> raw) => new(raw.ToArray());

    internal static bool IsWellFormed(ReadOnlySpan<byte> raw)
    {
        while (!raw.IsEmpty)
        {
            if (!TrySplit(ref raw, out _, out _))
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>Takes one value from the front; false when it reaches beyond the end.</summary>
    internal static bool TrySplit(ref ReadOnlySpan<byte> rest, out ProxyTlvType type, out ReadOnlySpan<byte> value)
    {
        type = default;
        value = default;
        if (rest.Length < PrefixLength)
        {
            return false;
        }

        int end = PrefixLength + BinaryPrimitives.ReadUInt16BigEndian(rest[1..]);
        if (end > rest.Length)
        {
            return false;
        }

        type = (ProxyTlvType)rest[0];
        value = rest[PrefixLength..end];
        rest = rest[end..];
        return true;
    }

    /// <summary>A walk through values.</summary>
    public struct Enumerator
    {
        private ReadOnlyMemory<byte> _rest;

        internal Enumerator(ReadOnlyMemory<byte> raw)
        {
            _rest = raw;
            Current = default;
        }

        /// <summary>The value that the walk is at.</summary>
        public ProxyTlv Current { get; private set; }

        /// <summary>Goes to the next one; false at the end.</summary>
        public bool MoveNext()
        {
            if (_rest.IsEmpty)
            {
                return false;
            }

            ReadOnlySpan<byte> rest = _rest.Span;
            TrySplit(ref rest, out ProxyTlvType type, out ReadOnlySpan<byte> value);
            Current = new ProxyTlv(type, _rest.Slice(PrefixLength, value.Length));
            _rest = _rest[(PrefixLength + value.Length)..];
            return true;
        }
    }
}
