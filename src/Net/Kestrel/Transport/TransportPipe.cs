using System.IO.Pipelines;

namespace Reactor.Net.Kestrel;

/// <summary>What Kestrel reads from and writes to, on any thread, and how its connection ends: one for each <see cref="ApplicationScheduling"/>.</summary>
internal abstract class TransportPipe(ReactorConnectionContext context) : IDuplexPipe
{
    /// <summary>A peer that never pauses is not to keep the shard: what is beyond, it pays for with a reset.</summary>
    private const long MostDiscarded = 1024 * 1024;

    public abstract PipeReader Input { get; }

    public abstract PipeWriter Output { get; }

    internal ReactorConnectionContext Context => context;

    protected StreamConnection Connection => context.Connection;

    /// <summary>On any thread: the application is done, and has perhaps not said so to both ends.</summary>
    internal void CompleteByApplication()
    {
        Input.Complete();
        Output.Complete();
    }

    /// <summary>On the shard, after <see cref="CompleteByApplication"/>: sends what is left, then closes.</summary>
    internal abstract void End();

    /// <summary>On the shard: sends what has been flushed, then closes, whatever the application does.</summary>
    internal abstract void Close();

    /// <summary>On the shard: the connection has been aborted.</summary>
    internal abstract void OnAborted();

    /// <summary>The peer sees the end. On the shard.</summary>
    protected void CloseConnection(long readLimit)
    {
        if (!Connection.IsClosed)
        {
            Context.OnWriteFin();
            DiscardReceived(readLimit);
            Connection.Close();
        }
    }

    /// <summary>
    /// Takes from the kernel what the peer has sent and nobody will read. A socket that is closed with something in it sends a
    /// reset, which may take from the peer what was sent to it last.
    /// </summary>
    private void DiscardReceived(long most)
    {
        most = Math.Min(most, MostDiscarded);
        Span<byte> discarded = stackalloc byte[4_096];
        while (most > 0)
        {
            int bytes = Connection.ReceiveNow(discarded).Value;
            if (bytes <= 0)
            {
                return;
            }

            most -= bytes;
        }
    }
}
