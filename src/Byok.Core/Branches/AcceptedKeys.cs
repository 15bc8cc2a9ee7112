using System.Collections.Frozen;
using Byok.Core.Errors;

namespace Byok.Core.Branches;

/// <summary>
/// The key names that may protect what is read: configuration, never what the vault happens to hold. So whoever may import some other key into the vault gains
/// nothing by it.
/// </summary>
public sealed class AcceptedKeys(IEnumerable<string> names)
{
    private readonly FrozenSet<string> _names = names.ToFrozenSet(StringComparer.Ordinal);

    /// <summary>Whether a key name is accepted.</summary>
    public bool Contains(string keyName) => _names.Contains(keyName);

    /// <summary>Lets a key name pass, or refuses it.</summary>
    /// <exception cref="IntegrityException">It is not accepted.</exception>
    public void Require(string keyName)
    {
        if (!Contains(keyName))
        {
            throw new IntegrityException($"The key '{keyName}' is not accepted here, so nothing is unwrapped with it. If it is one of yours, add it to the accepted keys.");
        }
    }
}
