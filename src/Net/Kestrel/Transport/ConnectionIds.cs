namespace Reactor.Net.Kestrel;

/// <summary>Names connections in the form that Kestrel's have: thirteen characters, in the order in which they were given.</summary>
internal static class ConnectionIds
{
    private const string Digits = "0123456789ABCDEFGHIJKLMNOPQRSTUV";

    // The time of the start, so that two runs of an application name no connection alike.
    private static long s_last = DateTime.UtcNow.Ticks;

    internal static string Next() => string.Create(13, Interlocked.Increment(ref s_last), static (text, number) =>
    {
        for (int i = text.Length - 1; i >= 0; i--)
        {
            text[i] = Digits[(int)(number & 31)];
            number >>>= 5;
        }
    });
}
