namespace Byok.Client.Reading;

/// <summary>How fresh the pins must be by which a reader lets a branch pass.</summary>
public enum PinFreshness
{
    /// <summary>Read within the key cache time.</summary>
    Cached,

    /// <summary>Read now: before plaintext is disposed of.</summary>
    Now,
}
