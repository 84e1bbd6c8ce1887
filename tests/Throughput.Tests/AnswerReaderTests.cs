using System.Text;
using Reactor.Bench.Throughput.Load.Generator;

namespace Throughput.Tests;

public sealed class AnswerReaderTests
{
    private const string Answer = "HTTP/1.1 200 OK\r\nServer: x\r\nContent-Length: 5\r\nDate: now\r\n\r\nhello";

    [Fact]
    public void Answers_are_counted_wherever_the_network_cuts_them()
    {
        byte[] three = Encoding.ASCII.GetBytes(Answer + Answer.Replace("Content-Length", "content-length", StringComparison.Ordinal) + Answer);
        for (int first = 0; first <= three.Length; first++)
        {
            for (int second = first; second <= three.Length; second += 7)
            {
                var answers = new HttpAnswers();

                Assert.Equal(3, answers.Take(three.AsSpan(0, first)) + answers.Take(three.AsSpan(first, second - first)) + answers.Take(three.AsSpan(second)));
            }
        }
    }

    [Fact]
    public void Answers_are_counted_byte_by_byte()
    {
        var answers = new HttpAnswers();

        Assert.Equal(2, Encoding.ASCII.GetBytes(Answer + Answer).Sum(value => answers.Take([value])));
    }

    [Fact]
    public void An_answer_without_a_body_ends_with_its_head() =>
        Assert.Equal(1, new HttpAnswers().Take("HTTP/1.1 204 No Content\r\nContent-Length: 0\r\n\r\n"u8));

    [Theory]
    [InlineData("HTTP/1.1 500 Internal Server Error\r\nContent-Length: 0\r\n\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")]
    [InlineData("SSH-2.0-OpenSSH_9\r\n\r\n")]
    public void What_is_no_success_with_a_length_is_refused(string text) =>
        Assert.Throws<InvalidDataException>(() => new HttpAnswers().Take(Encoding.ASCII.GetBytes(text)));

    [Fact]
    public void A_head_without_end_is_refused() =>
        Assert.Throws<InvalidDataException>(() => new HttpAnswers().Take(Encoding.ASCII.GetBytes("HTTP/1.1 200 OK\r\nX: " + new string('x', 20_000))));

    [Fact]
    public void After_a_reset_half_an_answer_is_forgotten()
    {
        var answers = new HttpAnswers();
        answers.Take("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhal"u8);
        answers.Reset();

        Assert.Equal(1, answers.Take(Encoding.ASCII.GetBytes(Answer)));
    }

    [Fact]
    public void Echoes_are_counted_wherever_the_network_cuts_them()
    {
        var answers = new EchoAnswers("abc"u8.ToArray());

        Assert.Equal([0, 1, 2], [answers.Take("ab"u8), answers.Take("ca"u8), answers.Take("bcabc"u8)]);
    }

    [Fact]
    public void Another_echo_than_what_was_sent_is_refused() =>
        Assert.Throws<InvalidDataException>(() => new EchoAnswers("abc"u8.ToArray()).Take("abd"u8));
}
