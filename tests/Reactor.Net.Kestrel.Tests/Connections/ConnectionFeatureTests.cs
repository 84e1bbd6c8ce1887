using System.Collections.Concurrent;
using System.IO.Pipelines;
using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Connections.Features;

namespace Reactor.Net.Kestrel.Tests.Connections;

/// <summary>What others find at a connection.</summary>
public sealed class ConnectionFeatureTests
{
    [Theory]
    [MemberData(nameof(Transports.All), MemberType = typeof(Transports))]
    public async Task A_connection_knows_both_addresses(Transport transport)
    {
        var addresses = new TaskCompletionSource<(EndPoint?, EndPoint?)>();
        await using TestApp app = await TestApp.ServeAsync(transport, connection =>
        {
            addresses.SetResult((connection.LocalEndPoint, connection.RemoteEndPoint));
            return Task.CompletedTask;
        });
        using Client client = await app.ConnectAsync();

        Assert.Equal((client.Socket.RemoteEndPoint, client.Socket.LocalEndPoint), await addresses.Task.InTimeAsync());
    }

    [Theory]
    [MemberData(nameof(Transports.All), MemberType = typeof(Transports))]
    public async Task Each_connection_has_a_name_of_its_own(Transport transport)
    {
        var names = new ConcurrentBag<string>();
        await using TestApp app = await TestApp.ServeAsync(transport, connection =>
        {
            names.Add(connection.ConnectionId);
            return Task.CompletedTask;
        });
        for (int i = 0; i < 10; i++)
        {
            using Client client = await app.ConnectAsync();
            await client.SeesFinAsync();
        }

        Assert.Equal(10, names.Distinct().Count());
        Assert.All(names, name => Assert.Equal(13, name.Length));
    }

    [Theory]
    [MemberData(nameof(Transports.All), MemberType = typeof(Transports))]
    public async Task The_socket_is_there_for_its_options(Transport transport)
    {
        var noDelay = new TaskCompletionSource<bool>();
        await using TestApp app = await TestApp.ServeAsync(transport, async connection =>
        {
            Socket socket = connection.Features.Get<IConnectionSocketFeature>()!.Socket;
            noDelay.SetResult(socket.NoDelay);
            socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.KeepAlive, true);
            await connection.Transport.Output.WriteAsync("ok"u8.ToArray());
        });
        using Client client = await app.ConnectAsync();

        Assert.True(await noDelay.Task.InTimeAsync());
        Assert.Equal(2, (await client.ReceiveToEndAsync()).Length);
    }

    [Theory]
    [MemberData(nameof(Transports.All), MemberType = typeof(Transports))]
    public async Task A_connection_brings_the_features_that_Kestrel_asks_for(Transport transport)
    {
        var missing = new TaskCompletionSource<string>();
        await using TestApp app = await TestApp.ServeAsync(transport, connection =>
        {
            (string Name, object? Feature)[] features =
            [
                (nameof(IConnectionIdFeature), connection.Features.Get<IConnectionIdFeature>()),
                (nameof(IConnectionTransportFeature), connection.Features.Get<IConnectionTransportFeature>()),
                (nameof(IConnectionItemsFeature), connection.Features.Get<IConnectionItemsFeature>()),
                (nameof(IConnectionLifetimeFeature), connection.Features.Get<IConnectionLifetimeFeature>()),
                (nameof(IMemoryPoolFeature), connection.Features.Get<IMemoryPoolFeature>()?.MemoryPool),
            ];
            missing.SetResult(string.Join(", ", features.Where(feature => feature.Feature is null).Select(feature => feature.Name)));
            return Task.CompletedTask;
        });
        using Client client = await app.ConnectAsync();

        Assert.Equal("", await missing.Task.InTimeAsync());
    }

    [Theory]
    [MemberData(nameof(Transports.All), MemberType = typeof(Transports))]
    public async Task The_lifetime_feature_aborts(Transport transport)
    {
        await using TestApp app = await TestApp.ServeAsync(transport, async connection =>
        {
            await connection.Transport.Input.ReadAsync();
            connection.Features.Get<IConnectionLifetimeFeature>()!.Abort();
            await connection.ConnectionClosed.FiredAsync();
        });
        using Client client = await app.ConnectAsync();
        await client.SendAsync("go");

        await client.SeesResetAsync();
    }

    [Theory]
    [MemberData(nameof(Transports.Reactor), MemberType = typeof(Transports))]
    public async Task Memory_comes_from_the_factory_of_the_application(Transport transport)
    {
        var pools = new CountingPools();
        await using (TestApp app = await TestApp.ServeAsync(
            transport,
            async connection =>
            {
                ReadResult result = await connection.Transport.Input.ReadAsync();
                await connection.Transport.Output.WriteAsync(result.Buffer.First);
                connection.Transport.Input.AdvanceTo(result.Buffer.End);
            },
            options => options.Services = services => services.Add(pools.Descriptor)))
        {
            using Client client = await app.ConnectAsync();
            await client.SendAsync("hello");
            Assert.Equal("hello"u8.ToArray(), await client.ReceiveToEndAsync());
            Assert.True(pools.Rented > 0);
        }

        Assert.Equal(0, pools.Outstanding);
    }
}
