using System.Diagnostics;
using Reactor.Diagnostics;

namespace Reactor.Hosting;

/// <summary>
/// Asks one shard for a sign of life, on behalf of all who want to know. There is at most one question on its way, however
/// often and by how many it is asked, so that nothing piles up at a shard that does not answer.
/// </summary>
internal sealed class ShardPulse(Shard shard)
{
    private readonly Lock _lock = new();
    private Question? _question;

    internal Shard Shard => shard;

    /// <summary>Ends when the shard has answered; never, perhaps, and with an exception if it has stopped.</summary>
    internal Task AskAsync()
    {
        lock (_lock)
        {
            if (_question is null or { Answer.Task.IsCompleted: true })
            {
                _question = Question.To(shard);
            }

            return _question.Answer.Task;
        }
    }

    /// <summary>After a question: since when the loop has not turned, at the longest.</summary>
    internal TimeSpan Age
    {
        get
        {
            Question question = _question!;
            if (question.AnsweredAfter is { } time)
            {
                return time;
            }

            // The loop may have turned without getting round to the question, for want of shares.
            ShardActivity activity = shard.Activity;
            TimeSpan running = activity.Running is null ? TimeSpan.Zero : Stopwatch.GetElapsedTime(activity.RunningSince);
            TimeSpan silent = activity.Turn == question.Turn ? Stopwatch.GetElapsedTime(question.AskedAt) : TimeSpan.Zero;
            return running > silent ? running : silent;
        }
    }

    /// <summary>What runs on the shard and keeps it from answering, if that is known.</summary>
    internal string? Running => shard.Activity is { IsIdle: false, Running: { } running } ? CodeName.Of(running) : null;

    private sealed class Question
    {
        private long _answeredAt;

        internal required long AskedAt { get; init; }

        /// <summary>The turn under way when it was asked.</summary>
        internal required long Turn { get; init; }

        internal TaskCompletionSource Answer { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        internal TimeSpan? AnsweredAfter =>
            Answer.Task.IsCompleted ? Stopwatch.GetElapsedTime(AskedAt, _answeredAt) : null;

        internal static Question To(Shard shard)
        {
            var question = new Question { AskedAt = Stopwatch.GetTimestamp(), Turn = shard.Activity.Turn };
            try
            {
                shard.Post(static question => question.Answered(), question);
            }
            catch (ObjectDisposedException stopped)
            {
                question._answeredAt = question.AskedAt;
                question.Answer.SetException(stopped);
            }

            return question;
        }

        private void Answered()
        {
            _answeredAt = Stopwatch.GetTimestamp();
            Answer.SetResult();
        }
    }
}
