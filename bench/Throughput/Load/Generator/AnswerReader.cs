namespace Reactor.Bench.Throughput.Load.Generator;

/// <summary>Counts the answers in what one connection receives, wherever the network has cut it.</summary>
internal abstract class AnswerReader
{
    /// <summary>Takes what was received next, and says how many answers end in it.</summary>
    /// <exception cref="InvalidDataException">That is no answer.</exception>
    public abstract int Take(ReadOnlySpan<byte> received);

    /// <summary>A new connection begins.</summary>
    public abstract void Reset();

    public static AnswerReader For(LoadSettings settings, ReadOnlyMemory<byte> request) =>
        settings.Protocol == Protocol.Http ? new HttpAnswers() : new EchoAnswers(request);
}
