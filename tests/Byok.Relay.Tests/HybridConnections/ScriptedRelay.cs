using System.Net;
using System.Net.WebSockets;
using System.Text;
using System.Threading.Channels;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace Byok.Relay.Tests.HybridConnections;

/// <summary>A relay in an attacker's hands: accepts every control channel and says what the test wants.</summary>
internal sealed class ScriptedRelay : IAsyncDisposable
{
    private readonly WebApplication _application;
    private readonly Channel<WebSocket> _channels = Channel.CreateUnbounded<WebSocket>();
    private readonly TaskCompletionSource _end = new();
    private int _others;

    private ScriptedRelay(WebApplication application) => _application = application;

    public Uri Address { get; private set; } = null!;

    /// <summary>How many connections came that were not for a control channel.</summary>
    public int OtherConnections => Volatile.Read(ref _others);

    public static async Task<ScriptedRelay> StartAsync()
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        var application = builder.Build();
        var relay = new ScriptedRelay(application);
        application.UseWebSockets();
        application.Run(relay.ServeAsync);
        await application.StartAsync();
        relay.Address = new Uri(application.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single());
        return relay;
    }

    public async Task<WebSocket> NextChannelAsync() => await _channels.Reader.ReadAsync().AsTask().WaitAsync(RelayStage.Patience);

    public static Task SendAsync(WebSocket channel, string text) =>
        channel.SendAsync(Encoding.UTF8.GetBytes(text), WebSocketMessageType.Text, true, CancellationToken.None);

    public static async Task<string> ReadAsync(WebSocket channel)
    {
        var buffer = new byte[128 * 1024];
        var length = 0;
        while (true)
        {
            var part = await channel.ReceiveAsync(buffer.AsMemory(length), CancellationToken.None).AsTask().WaitAsync(RelayStage.Patience);
            length += part.Count;
            if (part.EndOfMessage)
            {
                return Encoding.UTF8.GetString(buffer, 0, length);
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        _end.TrySetResult();
        using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(2));
        await _application.StopAsync(deadline.Token);
        await _application.DisposeAsync();
    }

    private async Task ServeAsync(HttpContext context)
    {
        if (context.Request.Query["sb-hc-action"] != "listen")
        {
            Interlocked.Increment(ref _others);
            context.Response.StatusCode = StatusCodes.Status403Forbidden;
            return;
        }

        using var socket = await context.WebSockets.AcceptWebSocketAsync();
        await _channels.Writer.WriteAsync(socket);
        await _end.Task;
    }
}
