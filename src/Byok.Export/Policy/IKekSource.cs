using Byok.Core.Errors;
using Byok.Core.Keys;

namespace Byok.Export.Policy;

/// <summary>Reads a KEK from the vault itself, past everybody who forwards requests.</summary>
public interface IKekSource
{
    /// <summary>Fetches what the vault says of a key version.</summary>
    /// <returns>The key, or null when the vault does not hold it or does not show it to this agent.</returns>
    /// <exception cref="ServiceUnavailableException">The vault was not reached.</exception>
    Task<VaultKey?> FetchAsync(KeyIdentifier kekId, CancellationToken cancellationToken);
}
