namespace Reactor.Samples.Http;

/// <summary>A method that this server knows by name; every other well-formed one is <see cref="Unknown"/>.</summary>
internal enum RequestMethod : byte
{
    Unknown,
    Get,
    Head,
    Post,
    Put,
    Delete,
    Options,
    Patch,
    Trace,
    Connect,
}
