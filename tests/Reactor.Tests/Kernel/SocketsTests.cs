using System.Net;
using Reactor.Kernel;
using Reactor.Tests.Support;
using Tmds.Linux;

namespace Reactor.Tests.Kernel;

public sealed unsafe class SocketsTests
{
    [Fact]
    public void Disconnecting_sends_RST_and_no_FIN_before_it()
    {
        (int own, int peer) = Descriptors.Tcp();
        Assert.False(Sockets.Disconnect(own).IsError);
        SysResult first = default;
        Eventually.Until(() => !(first = Descriptors.Read(peer)).WouldBlock, "an end at the peer");
        Assert.Equal(LibC.ECONNRESET, first.Errno);
        Descriptors.Close(own, peer);
    }

    [Fact]
    public void Disconnecting_drops_what_was_not_sent()
    {
        (int own, int peer) = Descriptors.Tcp();
        Descriptors.Fill(own);
        Sockets.Disconnect(own).OrThrow("disconnect");
        SysResult result = default;
        Eventually.Until(() => (result = Descriptors.Read(peer)) is { IsError: true, WouldBlock: false }, "a reset at the peer");
        Assert.Equal(LibC.ECONNRESET, result.Errno);
        Descriptors.Close(own, peer);
    }

    [Fact]
    public void Disconnecting_completes_armed_polls_within_the_call()
    {
        (int own, int peer) = Descriptors.Tcp();
        Descriptors.Fill(own);
        using AioContext context = Contexts.Create(8);
        using var block = new IocbBlock(8);
        block.SetPoll(0, own, 1, LibC.POLLIN);
        block.SetPoll(1, own, 2, LibC.POLLOUT);
        Assert.Equal(2, context.Submit(block.Addresses, 2).OrThrow("io_submit"));
        Assert.False(context.HasEvents);
        Sockets.Disconnect(own).OrThrow("disconnect");
        Assert.Equal(2, context.Harvest(block.Events, 8));
        Descriptors.Close(own, peer);
    }

    [Fact]
    public void What_is_made_does_not_block_and_is_closed_on_exec()
    {
        (int own, int peer) = Descriptors.Tcp();
        foreach (int fd in (int[])[own, peer])
        {
            Assert.NotEqual(0, LibC.fcntl(fd, LibC.F_GETFL) & LibC.O_NONBLOCK);
            Assert.NotEqual(0, LibC.fcntl(fd, LibC.F_GETFD) & LibC.FD_CLOEXEC);
        }

        Descriptors.Close(own, peer);
    }

    [Fact]
    public void A_refused_connect_leaves_its_error_on_the_socket_once()
    {
        int listener = Descriptors.Listener(out IPEndPoint address);
        Descriptors.Close(listener);
        int fd = Sockets.CreateTcp(address.AddressFamily).OrThrow("socket");
        SysResult connect = Sockets.Connect(fd, NativeAddress.From(address));
        if (connect.Errno == LibC.EINPROGRESS)
        {
            Eventually.Until(() => Descriptors.Poll(fd, LibC.POLLOUT) != 0, "an answer to the connect");
            Assert.Equal(LibC.ECONNREFUSED, Sockets.PendingError(fd).Value);
        }
        else
        {
            Assert.Equal(LibC.ECONNREFUSED, connect.Errno);
        }

        Assert.Equal(0, Sockets.PendingError(fd).Value);
        Descriptors.Close(fd);
    }

    [Fact]
    public void Accepting_tells_the_address_of_the_peer()
    {
        int listener = Descriptors.Listener(out IPEndPoint address);
        int client = Sockets.CreateTcp(address.AddressFamily).OrThrow("socket");
        Sockets.Connect(client, NativeAddress.From(address));
        NativeAddress peer = default;
        SysResult accepted = default;
        Eventually.Until(() => !(accepted = Sockets.Accept(listener, ref peer)).IsError, "a connection");
        NativeAddress local = default;
        Sockets.LocalAddress(client, ref local).OrThrow("getsockname");
        Assert.Equal(local.ToIPEndPoint(), peer.ToIPEndPoint());
        Descriptors.Close(listener, client, accepted.Value);
    }

    [Fact]
    public void Accepting_nothing_leaves_no_address()
    {
        int listener = Descriptors.Listener(out IPEndPoint address);
        NativeAddress peer = NativeAddress.From(address);
        Assert.True(Sockets.Accept(listener, ref peer).WouldBlock);
        Assert.False(peer.IsKnown);
        Descriptors.Close(listener);
    }

    [Fact]
    public void Sending_to_a_peer_that_is_gone_is_an_error_and_no_signal()
    {
        (int own, int peer) = Descriptors.Pair();
        Descriptors.Close(peer);
        Assert.Equal(LibC.EPIPE, Sockets.Send(own, [1]).Errno);
        Descriptors.Close(own);
    }

    [Fact]
    public void A_gathered_send_keeps_the_order_of_its_buffers()
    {
        (int own, int peer) = Descriptors.Pair();
        byte* bytes = stackalloc byte[Sockets.MaxVectors];
        iovec* buffers = stackalloc iovec[Sockets.MaxVectors];
        for (int i = 0; i < Sockets.MaxVectors; i++)
        {
            bytes[i] = (byte)i;
            buffers[i].iov_base = bytes + i;
            buffers[i].iov_len = 1;
        }

        Assert.Equal(Sockets.MaxVectors, Sockets.Send(own, buffers, Sockets.MaxVectors).OrThrow("sendmsg"));
        byte[] received = new byte[100];
        Assert.Equal(Sockets.MaxVectors, Sockets.Receive(peer, received).OrThrow("recv"));
        Assert.Equal(Enumerable.Range(0, Sockets.MaxVectors).Select(i => (byte)i), received.Take(Sockets.MaxVectors));
        Descriptors.Close(own, peer);
    }

    [Fact]
    public void An_option_that_was_set_is_read_back()
    {
        (int own, int peer) = Descriptors.Tcp();
        Assert.Equal(0, Sockets.GetOption(own, LibC.IPPROTO_TCP, LibC.TCP_NODELAY).OrThrow("getsockopt"));
        Sockets.SetOption(own, LibC.IPPROTO_TCP, LibC.TCP_NODELAY, 1).OrThrow("setsockopt");
        Assert.Equal(1, Sockets.GetOption(own, LibC.IPPROTO_TCP, LibC.TCP_NODELAY).OrThrow("getsockopt"));
        Descriptors.Close(own, peer);
    }
}
