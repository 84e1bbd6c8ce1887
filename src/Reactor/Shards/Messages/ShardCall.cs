using System.Runtime.CompilerServices;

namespace Reactor.Shards;

/// <summary>
/// A call from one shard to another of the same host. The object itself travels: to the target, which runs it and puts the
/// answer in, and home again, where it resumes the caller and goes back into its pool.
/// </summary>
/// <remarks>
/// Who owns it is who has it: the origin until it is sent, the target until it is sent back. The lanes carry the writes of
/// one to the other. Cancelling ends the caller's wait alone; the object comes home all the same and is not used again
/// before it has.
/// </remarks>
internal abstract class ShardCall<TResult>(Shard origin) : ShardFuture<TResult>(origin), ICancellable
{
    private static readonly Action<object?> s_resume = static call => Unsafe.As<ShardCall<TResult>>(call!).Resume();

    private CancellationObserver _cancellation;
    private TResult _answer = default!;
    private Exception? _failure;
    private bool _isHome;

    // Written at the origin, read at the target, which need not notice at once.
    private bool _isCancelled;

    protected Shard Target { get; private set; } = null!;

    /// <summary>Sends the call on its way.</summary>
    internal void Start(Shard target, CancellationToken cancellationToken)
    {
        Target = target;
        _isHome = false;
        Begin();
        Shard.SendCall(target, this);
        if (cancellationToken.CanBeCanceled)
        {
            CancellationObserver.Observe(ref _cancellation, this, cancellationToken);
        }
    }

    /// <summary>At the target: runs what was asked for, and calls <see cref="Answer"/> or <see cref="AnswerWithFailure"/> then or later.</summary>
    protected abstract void Invoke();

    /// <summary>At the origin: nobody looks at the object any more. It forgets what it was given and is ready for the next call.</summary>
    protected abstract void Recycle();

    protected void Answer(TResult answer)
    {
        _answer = answer;
        Target.SendAnswer(Shard, this);
    }

    protected void AnswerWithFailure(Exception failure)
    {
        _failure = failure;
        Target.SendAnswer(Shard, this);
    }

    /// <summary>Hot path: from the run queue of the shard where the call is now.</summary>
    internal override void Run()
    {
        if (Shard.IsOnShard)
        {
            ComeHome();
            return;
        }

        if (Volatile.Read(ref _isCancelled))
        {
            Answer(default!);
            return;
        }

        try
        {
            Invoke();
        }
        catch (Exception exception)
        {
            AnswerWithFailure(exception);
        }
    }

    void ICancellable.Cancel(CancellationToken token)
    {
        if (IsPending)
        {
            _cancellation.Stop();
            Volatile.Write(ref _isCancelled, true);
            SetException(new OperationCanceledException(token));
            ResumeInTurn();
        }
    }

    protected override void Enqueue() => Queue.Enqueue(s_resume, this);

    protected override void OnTaken()
    {
        if (_isHome)
        {
            Reset();
        }
    }

    private void ComeHome()
    {
        Shard.CallIsHome();
        _isHome = true;
        if (IsPending)
        {
            _cancellation.Stop();
            if (_failure is null)
            {
                SetResult(_answer);
            }
            else
            {
                SetException(_failure);
            }

            // It came home in the group that called; mostly that is the one that awaits it.
            if (Queue == Shard.CurrentQueue)
            {
                Resume();
            }
            else
            {
                ResumeInTurn();
            }
        }
        else if (IsIdle)
        {
            // Cancelled meanwhile, and the caller knows already.
            Reset();
        }
    }

    private void Reset()
    {
        _answer = default!;
        _failure = null;
        _isCancelled = false;
        Recycle();
    }
}
