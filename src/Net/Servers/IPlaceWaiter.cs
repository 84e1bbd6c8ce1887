namespace Reactor.Net;

/// <summary>Who has found no place at a <see cref="ConnectionLimit"/>, whatever the kind of connections that are counted there.</summary>
internal interface IPlaceWaiter
{
    /// <summary>On any thread: brings a place.</summary>
    void GivePlace();
}
