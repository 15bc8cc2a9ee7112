namespace Byok.Pipeline;

/// <summary>What happens to an upload's plaintext once its ciphertext is committed and verified.</summary>
public enum PlaintextDisposal
{
    /// <summary>It is deleted, if it has not been overwritten meanwhile.</summary>
    Delete,

    /// <summary>It stays.</summary>
    Keep,
}
