namespace Reactor.Net.Tests.Udp;

public sealed class EagerTriesTests
{
    [Fact]
    public void Tries_that_find_something_go_on()
    {
        EagerTries tries = default;
        for (int i = 0; i < 1_000; i++)
        {
            Assert.True(tries.IsNext());
            tries.Found();
        }
    }

    [Fact]
    public void Tries_in_vain_become_rare_and_never_end()
    {
        EagerTries tries = default;
        int tried = 0;
        for (int i = 0; i < 6_400; i++)
        {
            if (tries.IsNext())
            {
                tried++;
                tries.Missed();
            }
        }

        Assert.InRange(tried, 6_400 / 64, (6_400 / 64) + 10);
    }

    [Fact]
    public void A_success_after_many_in_vain_forgets_them()
    {
        EagerTries tries = default;
        for (int i = 0; i < 1_000; i++)
        {
            if (tries.IsNext())
            {
                tries.Missed();
            }
        }

        tries.Found();
        Assert.True(tries.IsNext());
        tries.Missed();
        Assert.False(tries.IsNext());
        Assert.True(tries.IsNext());
    }

    [Fact]
    public void After_a_batch_that_was_not_full_the_next_receive_has_nothing_to_try_for()
    {
        EagerTries tries = default;
        for (int i = 0; i < 10; i++)
        {
            tries.Emptied();
            Assert.False(tries.IsNext());
        }
    }
}
