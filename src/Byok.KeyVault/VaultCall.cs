namespace Byok.KeyVault;

/// <summary>What a call to the vault was about: the same answer of the service means different things to different calls.</summary>
internal enum VaultCall
{
    /// <summary>Reading or listing.</summary>
    Read,

    /// <summary>Changing attributes, deleting, recovering.</summary>
    Write,

    /// <summary>Creating a key.</summary>
    Create,

    /// <summary>Importing a BYOK transfer blob.</summary>
    Import,

    /// <summary>Purging a deleted key.</summary>
    Purge,

    /// <summary>Unwrapping with a key's private part.</summary>
    Unwrap,
}
