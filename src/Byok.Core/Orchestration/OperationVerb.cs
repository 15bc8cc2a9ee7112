namespace Byok.Core.Orchestration;

/// <summary>What an operation does; its name in small letters begins the operation's id.</summary>
public enum OperationVerb
{
    /// <summary>Brings a key.</summary>
    Bring,

    /// <summary>Rotates a key.</summary>
    Rotate,

    /// <summary>Retires a branch of a key.</summary>
    Retire,

    /// <summary>Revokes a key.</summary>
    Revoke,

    /// <summary>Rehearses revoking a key.</summary>
    Rehearse,

    /// <summary>Restores a key.</summary>
    Restore,

    /// <summary>Encrypts an upload.</summary>
    Encrypt,

    /// <summary>Encrypts one blob anew.</summary>
    Reencrypt,

    /// <summary>Audits keys and blobs.</summary>
    Audit,
}
