using System.Buffers;
using System.IO.Pipelines;

namespace Reactor.Net;

/// <summary>Whose memory a <see cref="ConnectionPipe"/> uses, and how much.</summary>
public sealed class ConnectionPipeOptions
{
    /// <summary>
    /// Where the pipe rents its blocks, on its shard. Null, the default, for the shard's own pool of pinned blocks of 4 KiB.
    /// A writer that asks for more than the pool has in one piece gets it from <see cref="ArrayPool{T}.Shared"/>.
    /// </summary>
    public MemoryPool<byte>? Pool { get; set; }

    /// <summary>
    /// With this many bytes flushed and not taken by the kernel, <see cref="PipeWriter.FlushAsync"/> waits. 64 KiB by default.
    /// </summary>
    public int PauseWriterThreshold { get; set; } = 64 * 1_024;

    /// <summary>A flush that waits ends as soon as there are fewer bytes than this. 32 KiB by default.</summary>
    public int ResumeWriterThreshold { get; set; } = 32 * 1_024;

    /// <summary>
    /// How long <see cref="StreamConnection.Close"/> lets the peer take what was flushed before. After that the connection is
    /// reset. 30 seconds by default; <see cref="Timeout.InfiniteTimeSpan"/> waits without end.
    /// </summary>
    public TimeSpan CloseTimeout { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// Who makes the pipe for others: is told of the connection's end, and says how readers are told of it. Null for users who
    /// made it for themselves.
    /// </summary>
    internal PipeOwner? Owner { get; set; }

    /// <summary>
    /// So many bytes are received while nobody reads, because only who receives learns of the end of a connection. 0, the
    /// default, receives for reads alone.
    /// </summary>
    internal long ReadAhead { get; set; }

    internal ConnectionPipeOptions Copy() => (ConnectionPipeOptions)MemberwiseClone();

    /// <exception cref="ArgumentException">An option cannot be met; the message names it, its value and what would do.</exception>
    internal void Validate()
    {
        if (PauseWriterThreshold < 1)
        {
            throw Refuse(nameof(PauseWriterThreshold), PauseWriterThreshold, "at least 1 is needed, or a peer that reads slowly would have all of the memory filled");
        }

        if (ResumeWriterThreshold < 1 || ResumeWriterThreshold > PauseWriterThreshold)
        {
            throw Refuse(nameof(ResumeWriterThreshold), ResumeWriterThreshold, $"from 1 to {nameof(PauseWriterThreshold)} ({PauseWriterThreshold}) is possible");
        }

        if (CloseTimeout <= TimeSpan.Zero && CloseTimeout != Timeout.InfiniteTimeSpan)
        {
            throw Refuse(nameof(CloseTimeout), CloseTimeout, "more than 0 is needed, or Timeout.InfiniteTimeSpan to wait without end");
        }
    }

    private static ArgumentException Refuse(string option, object value, string why) =>
        new($"{nameof(ConnectionPipeOptions)}.{option} is {value}: {why}.", option);
}
