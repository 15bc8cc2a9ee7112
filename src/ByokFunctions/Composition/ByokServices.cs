using Azure.Core;
using Azure.Core.Serialization;
using Azure.Identity;
using Azure.Storage.Blobs;
using Byok.Core.Orchestration;
using Byok.Core.Ports;
using Byok.Export;
using Byok.Export.Messages;
using Byok.Http;
using Byok.Pipeline;
using Byok.Relay.HybridConnections;
using Byok.Storage;
using ByokFunctions.Http;
using Microsoft.Azure.Functions.Worker;
using Microsoft.Extensions.DependencyInjection;

namespace ByokFunctions.Composition;

/// <summary>Composes the pipeline for Azure: Key Vault, Azure Storage, the agent behind the relay.</summary>
public static class ByokServices
{
    /// <summary>Adds the pipeline and its adapters.</summary>
    public static IServiceCollection AddByok(this IServiceCollection services, ByokSettings settings)
    {
        ArgumentNullException.ThrowIfNull(settings);
        services.AddSingleton(settings);
        services.AddSingleton<TokenCredential>(_ => new DefaultAzureCredential(new DefaultAzureCredentialOptions { Transport = HttpTransport.CreateForAzure() }));
        KeyVaultClient.Add(services, settings);
        AddHsm(services, settings);
        services.AddSingleton(provider => settings.StorageConnectionString is { } connection
            ? StorageAccount.OpenEmulator(connection, settings.Containers)
            : new StorageAccount(
                Service(provider, settings.StorageAccountUri!), settings.Containers, settings.RecordsAccountUri is { } records ? Service(provider, records) : null));
        services.AddByokPipeline(settings.Pipeline);
        services.AddSingleton<ApiCallers>();
        services.AddSingleton<ApiRequests>();
        services.Configure<WorkerOptions>(options => options.Serializer = new JsonObjectSerializer(OrchestrationJson.Options));
        return services;
    }

    private static BlobServiceClient Service(IServiceProvider provider, Uri account) =>
        new(account, provider.GetRequiredService<TokenCredential>(), StorageAccount.CreateClientOptions());

    private static void AddHsm(IServiceCollection services, ByokSettings settings)
    {
        if (settings.Relay is not { } relay)
        {
            services.AddSingleton<IHsm, UnreachableHsm>();
            return;
        }

        services.AddSingleton<IRelayTokenProvider>(provider => settings.RelaySasKey is { } key
            ? new SasTokenProvider(settings.RelaySasKeyName!, key, provider.GetRequiredService<TimeProvider>())
            : new EntraTokenProvider(provider.GetRequiredService<TokenCredential>()));
        services.AddSingleton(provider => new RelayHttpSender(relay, provider.GetRequiredService<IRelayTokenProvider>()));
        services.AddSingleton<IAgentChannel, RelayAgentChannel>();
        services.AddSingleton<IHsm, RelayHsm>();
    }
}
