using System.Runtime.InteropServices;

namespace Reactor.Bench.Micro.Baselines;

/// <summary>
/// What the machine itself takes for a round trip between two CPUs: each side writes a word that the other polls. No message
/// passing can be faster.
/// </summary>
internal sealed class SharedWord
{
    private Words _words;

    public long Call(int calls)
    {
        for (int i = 1; i <= calls; i++)
        {
            Volatile.Write(ref _words.Request, i);
            Await(ref _words.Answer, i);
        }

        return _words.Answer;
    }

    public void Serve(int calls)
    {
        for (int i = 1; i <= calls; i++)
        {
            Await(ref _words.Request, i);
            Volatile.Write(ref _words.Answer, i);
        }
    }

    private static void Await(ref int word, int value)
    {
        while (Volatile.Read(ref word) != value)
        {
            Thread.SpinWait(1);
        }
    }

    // On lines of their own, and away from the object's header.
    [StructLayout(LayoutKind.Explicit, Size = 3 * Apart)]
    private struct Words
    {
        private const int Apart = 128;

        [FieldOffset(Apart)]
        internal int Request;

        [FieldOffset(2 * Apart)]
        internal int Answer;
    }
}
