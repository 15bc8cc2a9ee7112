using Byok.Core.Keys;

namespace Byok.Pipeline.BringKey;

/// <summary>What key to bring, and under which name.</summary>
public sealed record BringKeyInput
{
    /// <summary>Name of the wrapping key in the vault.</summary>
    public required string KeyName { get; init; }

    /// <summary>Label of the master key in the HSM.</summary>
    public required string KeyLabel { get; init; }

    /// <summary>Size of a master key that has to be generated, in bits; null when it must exist already.</summary>
    public int? GenerateSizeInBits { get; init; }

    /// <summary>The thumbprint that the master key must have; null for any. Set when a key is restored.</summary>
    public string? ExpectedThumbprint { get; init; }

    /// <summary>Whether it is part of an operation that holds the key itself.</summary>
    public bool IsPartOfAnother { get; init; }

    /// <summary>The restore that this bring is part of; null when it is not.</summary>
    public KeyOrder? Restores { get; init; }
}
