using Azure.Core;
using Azure.Identity;
using Byok.Agent.Configuration;
using Byok.Core.Errors;
using Byok.Export;
using Byok.Export.Policy;
using Byok.Http;
using Byok.Relay.HybridConnections;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Byok.Agent.Service;

/// <summary>Composes the agent and runs it: under systemd, as a Windows service, or in a terminal.</summary>
internal static partial class AgentHost
{
    private static readonly TimeSpan ShutdownTimeout = TimeSpan.FromSeconds(45); // a listener drains for 30

    /// <summary>Runs until the service is told to stop.</summary>
    /// <exception cref="ByokException">The agent cannot start, or cannot go on.</exception>
    public static async Task RunAsync(AgentSettings settings, CancellationToken cancellationToken)
    {
        var time = TimeProvider.System;
        using var token = AgentToken.Open(settings, time);
        var builder = Host.CreateApplicationBuilder();
        builder.Services.AddSystemd().AddWindowsService(options => options.ServiceName = "byok-agent");
        builder.Services.Configure<HostOptions>(options => options.ShutdownTimeout = ShutdownTimeout);
        PrintableFormatter.Wrap(builder.Services);
        builder.Logging.AddFilter("Microsoft.Hosting.Lifetime", LogLevel.Warning);
        var credential = new Lazy<TokenCredential>(() => new DefaultAzureCredential(new DefaultAzureCredentialOptions { Transport = HttpTransport.CreateForAzure() }));
        using var vaultClient = new HttpClient(HttpTransport.Create()) { Timeout = TimeSpan.FromSeconds(20) };
        builder.Services.AddSingleton(provider => new ExportAgent(
            token.Hsm, settings.Policy, settings.FetchKekFromVault ? new VaultKekSource(vaultClient, credential.Value) : null,
            settings.StateFolder, time, provider.GetRequiredService<ILogger<ExportAgent>>()));
        builder.Services.AddSingleton(provider => new AgentService(
            settings, provider.GetRequiredService<ExportAgent>(), Tokens(settings, credential, time), time,
            provider.GetRequiredService<IHostApplicationLifetime>(), provider.GetRequiredService<ILoggerFactory>()));
        builder.Services.AddHostedService(provider => provider.GetRequiredService<AgentService>());

        using var host = builder.Build();
        var service = host.Services.GetRequiredService<AgentService>();
        var description = await token.Hsm.DescribeAsync(cancellationToken).ConfigureAwait(false);
        LogToken(host.Services.GetRequiredService<ILogger<AgentService>>(), description.TokenLabel, description.Verdict);
        await host.RunAsync(cancellationToken).ConfigureAwait(false);
        if (service.Failure is { } failure)
        {
            throw failure;
        }
    }

    private static IRelayTokenProvider Tokens(AgentSettings settings, Lazy<TokenCredential> credential, TimeProvider time) =>
        settings.SasKeyName is { } name
            ? new SasTokenProvider(name, File.ReadAllText(settings.SasKeyFile!).Trim(), time)
            : new EntraTokenProvider(credential.Value);

    [LoggerMessage(11, LogLevel.Information, "Token '{Label}': {Verdict}")]
    private static partial void LogToken(ILogger logger, string label, string verdict);
}
