using Byok.Agent.Configuration;
using Byok.Core.Errors;
using Byok.Export;
using Byok.Export.Messages;
using Byok.Relay.HybridConnections;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Byok.Agent.Service;

/// <summary>Lets the agent answer on its hybrid connection until the service stops. Opens no port.</summary>
internal sealed partial class AgentService(
    AgentSettings settings,
    ExportAgent agent,
    IRelayTokenProvider tokens,
    TimeProvider time,
    IHostApplicationLifetime lifetime,
    ILoggerFactory loggers) : BackgroundService
{
    private readonly ILogger _logger = loggers.CreateLogger<AgentService>();

    /// <summary>Why the service stopped by itself; null when it was told to.</summary>
    public Exception? Failure { get; private set; }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var options = new RelayListenerOptions { MaxRequestBodyInBytes = ExportContract.MaxRequestBodyInBytes };
        var listeners = Enumerable.Range(0, settings.Listeners)
            .Select(_ => new HybridConnectionListener(
                settings.Relay, tokens, agent.HandleAsync, time, options, loggers.CreateLogger<HybridConnectionListener>()))
            .ToList();
        try
        {
            await Task.WhenAll(listeners.Select(listener => listener.StartAsync(stoppingToken))).ConfigureAwait(false);
            LogListening(settings.Relay.Path, settings.Relay.NamespaceAddress);
            await Task.Delay(Timeout.Infinite, stoppingToken).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // Stopped in order.
        }
        catch (ByokException exception)
        {
            Failure = exception;
            lifetime.StopApplication();
        }
        finally
        {
            // Each waits for the requests that are under way.
            await Task.WhenAll(listeners.Select(listener => listener.StopAsync(CancellationToken.None))).ConfigureAwait(false);
        }
    }

    [LoggerMessage(10, LogLevel.Information, "Listening on '{Path}' at {Relay}; no port is open")]
    private partial void LogListening(string path, Uri relay);
}
