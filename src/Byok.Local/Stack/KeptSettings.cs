using System.Text.Json;
using Byok.Core.Errors;
using Byok.Core.Orchestration;
using Byok.Local.Vault;

namespace Byok.Local.Stack;

/// <summary>What of the stack's state guards or names keys. It is kept in the vault's database too, so that it is not lost with <c>stack.json</c>.</summary>
public sealed record KeptSettings(
    StackHost Host, Uri? VaultAddress, int RequiredApprovals, string? DefaultKey, string? HsmSerialNumber, DateTimeOffset? HsmSince, string? VaultSerialNumber, string? BroughtKeys = null)
{
    private const string Note = "stack";

    /// <exception cref="ConfigurationException">They cannot be read.</exception>
    /// <exception cref="VaultException">The database cannot be opened.</exception>
    public static (KeptSettings? Settings, bool VaultHasKeys) Read(StackPaths paths)
    {
        var (note, hasKeys) = VaultNotes.Read(paths.VaultDatabase, Note);
        try
        {
            return (note is null ? null : JsonSerializer.Deserialize<KeptSettings>(note, OrchestrationJson.Options), hasKeys);
        }
        catch (JsonException exception)
        {
            throw new ConfigurationException($"The stack's settings in '{paths.VaultDatabase}' are damaged; restore the file from its backup.", exception);
        }
    }

    /// <summary>Keeps them: in the database first, so that whatever the state says of a token, the database says too.</summary>
    public static async Task WriteAsync(StackPaths paths, StackState state, CancellationToken cancellationToken)
    {
        var settings = new KeptSettings(
            state.Host, state.VaultAddress, state.RequiredApprovals, state.DefaultKey, state.HsmSerialNumber, state.HsmSince, state.VaultSerialNumber, state.BroughtKeys);
        if (Read(paths).Settings != settings)
        {
            await VaultNotes.WriteAsync(paths.VaultDatabase, Note, JsonSerializer.Serialize(settings, OrchestrationJson.Options), cancellationToken).ConfigureAwait(false);
        }

        state.Save(paths);
    }
}
