using Byok.Core.Ports;

namespace Byok.Export.Policy;

/// <summary>Compares the KEK of a request with what the vault itself says of it.</summary>
internal static class KekComparison
{
    public static async Task CheckAsync(IKekSource source, ExportRequest request, CancellationToken cancellationToken)
    {
        var kek = await source.FetchAsync(request.KekId, cancellationToken).ConfigureAwait(false);
        var fault = true switch
        {
            _ when kek is null => "the vault does not hold it, or does not show it to this agent",
            _ when kek.Id != request.KekId => $"the vault answered with another key, {kek.Id}",
            _ when !kek.IsHsmProtected => $"it is {kek.KeyType}, not held by the vault's HSM",
            _ when kek.PublicKey != request.Kek => "the vault's public key is another than the request's",
            _ when kek.Operations is not ["import"] => "its key_ops in the vault are not exactly [\"import\"]",
            _ when kek.Exportable => "it is exportable",
            _ when !kek.Enabled => "it is disabled",
            _ => null,
        };
        if (fault is not null)
        {
            throw RequestRules.Refusal(ExportRule.KekSource, $"the agent asked the vault for the KEK {request.KekId} itself: {fault}.");
        }
    }
}
