namespace Reactor.Net;

/// <summary>A type-length-value of a PROXY header of version 2.</summary>
/// <param name="Type">What it is; types that are not registered come as they are.</param>
/// <param name="Value">Its bytes, which nobody has looked at beyond what <see cref="ProxyHeaderError.BadTlv"/> says.</param>
public readonly record struct ProxyTlv(ProxyTlvType Type, ReadOnlyMemory<byte> Value);
