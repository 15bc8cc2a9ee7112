using Byok.Core.Keys;
using Byok.Core.Ports;

namespace Byok.Local.Stack;

/// <summary>A key version in the vault that came from the customer's HSM and has its master key there.</summary>
public sealed record BroughtKey(string Name, string Label, string Thumbprint, DateTimeOffset CreatedOn)
{
    /// <summary>The names in a list of them, apart by semicolons.</summary>
    public static IReadOnlyList<string> NamesIn(string? names) => names?.Split(';') ?? [];

    /// <summary>The list with a name.</summary>
    public static string With(string? names, string name) => NamesIn(names).Contains(name) ? names! : string.Join(';', [.. NamesIn(names), name]);

    /// <summary>Those that were proved and are not retired, of keys that are not deleted.</summary>
    public static async Task<IReadOnlyList<BroughtKey>> ListAsync(IKeyVault vault, CancellationToken cancellationToken)
    {
        var brought = new List<BroughtKey>();
        await foreach (var key in vault.ListKeysAsync(cancellationToken).ConfigureAwait(false))
        {
            await foreach (var version in vault.ListKeyVersionsAsync(key.Id.Name, cancellationToken).ConfigureAwait(false))
            {
                if (WrappingKeyPolicy.IsActive(version) && version.PublicKey is { } publicKey)
                {
                    brought.Add(new BroughtKey(key.Id.Name, version.Tags.GetValueOrDefault(KeyTags.Label) ?? key.Id.Name, publicKey.Thumbprint, version.CreatedOn));
                }
            }
        }

        return brought;
    }
}
