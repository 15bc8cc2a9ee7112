namespace Byok.Client.Reading;

/// <summary>Where a reader takes the DEK from.</summary>
public enum DekSource
{
    /// <summary>From memory when it is there, else from the vault.</summary>
    Cache,

    /// <summary>Always from the vault.</summary>
    Vault,
}
