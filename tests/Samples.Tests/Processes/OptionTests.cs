using System.Net;
using System.Net.Sockets;

namespace Reactor.Samples.Tests.Processes;

public sealed class OptionTests
{
    [Theory]
    [InlineData("--port", "70000")]
    [InlineData("--port", "-1")]
    [InlineData("--port", "http")]
    [InlineData("--port", "80.5")]
    [InlineData("--address", "localhost")]
    [InlineData("--address", "127.0.0.256")]
    [InlineData("--shards", "100000")]
    [InlineData("--shards", "0")]
    [InlineData("--shards", "-1")]
    [InlineData("--shards", "x")]
    [InlineData("--cpus", "1023")]
    [InlineData("--cpus", "99999")]
    [InlineData("--cpus", "garbage")]
    [InlineData("--cpus", "1-0")]
    [InlineData("--cpus", "0,,1")]
    [InlineData("--cpus", "")]
    [InlineData("--idle-poll", "-2")]
    [InlineData("--idle-poll", "soon")]
    [InlineData("--distribution", "fair")]
    [InlineData("--distribution", "0")]
    [InlineData("--max-connections", "0")]
    [InlineData("--max-connections", "-1")]
    [InlineData("--max-connections", "many")]
    [InlineData("--backend", "iouring")]
    [InlineData("--backend", "foo")]
    [InlineData("--stall-threshold", "-1")]
    [InlineData("--poll-budget", "63")]
    public void A_value_that_cannot_be_met_is_refused_by_name(string option, string value)
    {
        using SampleProcess sample = SampleProcess.Run("Http", option, value);
        Assert.Equal(2, sample.WaitForExit());
        Assert.Contains(option, sample.Error, StringComparison.Ordinal);
        Assert.Contains(value, sample.Error, StringComparison.Ordinal);
        Assert.DoesNotContain(" at ", sample.Error, StringComparison.Ordinal);
        Assert.Equal("", sample.Output);
    }

    [Theory]
    [InlineData("--ports", "1")]
    [InlineData("--verbose")]
    [InlineData("8080")]
    public void An_option_that_is_unknown_is_refused_by_name(params string[] arguments)
    {
        using SampleProcess sample = SampleProcess.Run("Http", arguments);
        Assert.Equal(2, sample.WaitForExit());
        Assert.Contains(arguments[0], sample.Error, StringComparison.Ordinal);
        Assert.Equal("", sample.Output);
    }

    [Fact]
    public void An_option_without_its_value_is_refused_by_name()
    {
        using SampleProcess sample = SampleProcess.Run("Http", "--port");
        Assert.Equal(2, sample.WaitForExit());
        Assert.Contains("--port", sample.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void The_refusals_are_those_of_every_sample()
    {
        using SampleProcess sample = SampleProcess.Run("Echo", "--shards", "100000");
        Assert.Equal(2, sample.WaitForExit());
        Assert.Contains("--shards 100000", sample.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void Connections_by_CPU_are_refused_to_shards_that_have_none()
    {
        using SampleProcess sample = SampleProcess.Run("Http", "--port", "0", "--overprovisioned", "--distribution", "incomingcpu");
        Assert.Equal(2, sample.WaitForExit());
        Assert.Contains("--distribution incomingcpu", sample.Complaints, StringComparison.Ordinal);
        Assert.Equal("", sample.Output);
    }

    [Theory]
    [InlineData("Http")]
    [InlineData("Echo")]
    public void Help_names_every_option(string name)
    {
        using SampleProcess sample = SampleProcess.Run(name, "--help");
        Assert.Equal(0, sample.WaitForExit());
        foreach (string option in new[] { "--port", "--address", "--shards", "--cpus", "--overprovisioned", "--idle-poll", "--distribution", "--max-connections", "--poll-budget", "--stall-threshold", "--backend" })
        {
            Assert.Contains(option, sample.Output, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void A_port_that_is_taken_is_an_error_that_names_it()
    {
        using var taken = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        taken.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        taken.Listen();
        int port = ((IPEndPoint)taken.LocalEndPoint!).Port;
        using SampleProcess sample = SampleProcess.Run("Http", "--port", $"{port}");
        Assert.Equal(1, sample.WaitForExit());
        Assert.Contains($"127.0.0.1:{port}", sample.Error, StringComparison.Ordinal);
        Assert.Single(sample.Complaints.TrimEnd().Split('\n'));
        Assert.Equal("", sample.Output);
    }

    [Fact]
    public void An_address_of_another_machine_is_an_error_that_names_it()
    {
        // TEST-NET-1: nobody has it.
        using SampleProcess sample = SampleProcess.Run("Http", "--port", "0", "--address", "192.0.2.1");
        Assert.Equal(1, sample.WaitForExit());
        Assert.Contains("192.0.2.1", sample.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void The_loopback_address_of_IPv6_is_served()
    {
        using SampleProcess sample = SampleProcess.Serve("Http", "--address", "::1");
        Assert.Equal($"listening on http://[::1]:{sample.EndPoint.Port}\n", sample.Output);
        using var client = new Http.Server.RawClient(sample.EndPoint);
        Assert.Equal("Hello, World!", client.Ask("GET /plaintext HTTP/1.1\r\nHost: [::1]\r\n\r\n").Text);
    }

    [Theory]
    [InlineData("auto")]
    [InlineData("aio")]
    [InlineData("epoll")]
    public void The_backends_that_there_are_serve(string backend)
    {
        using SampleProcess sample = SampleProcess.Serve("Http", "--backend", backend, "--shards", "1");
        using var client = new Http.Server.RawClient(sample.EndPoint);
        Assert.Equal(200, client.Ask("GET / HTTP/1.1\r\nHost: h\r\n\r\n").Status);
    }

    [Fact]
    public void The_reactor_thread_is_pinned_to_the_CPU_that_was_asked_for()
    {
        string last = ReactorThread.OwnCpus.Split(',', '-')[^1];
        using SampleProcess sample = SampleProcess.Serve("Http", "--cpus", last);
        Assert.Equal(last, ReactorThread.CpusOf(sample));
    }

    [Fact]
    public void The_reactor_thread_is_pinned_to_the_lowest_CPU_by_default()
    {
        string first = ReactorThread.OwnCpus.Split(',', '-')[0];
        using SampleProcess sample = SampleProcess.Serve("Http");
        Assert.Equal(first, ReactorThread.CpusOf(sample));
    }
}
