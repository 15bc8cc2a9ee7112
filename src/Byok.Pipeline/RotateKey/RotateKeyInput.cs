namespace Byok.Pipeline.RotateKey;

public sealed record RotateKeyInput
{
    /// <summary>Name of the wrapping key in the vault.</summary>
    public required string KeyName { get; init; }

    /// <summary>Label of the new master key in the HSM; null for the key's name and today's date, the next free number behind it if taken.</summary>
    public string? NewLabel { get; init; }

    /// <summary>
    /// Size of a new master key that has to be generated, in bits. Null: a key that <see cref="NewLabel"/> names must exist already, and one
    /// without a given label gets the size of the present key.
    /// </summary>
    public int? GenerateSizeInBits { get; init; }

    /// <summary>Whether the data is encrypted anew, with new DEKs and BEKs, blob by blob. The branch keys alone are rewrapped without.</summary>
    public bool Deep { get; init; }

    /// <summary>How long the old versions stay enabled after the new one is in use; null for <see cref="PipelineOptions.GracePeriod"/>.</summary>
    public TimeSpan? GracePeriod { get; init; }

    /// <summary>How far the rotation is; null at its start. The orchestration hands it to itself to keep its history short.</summary>
    public RotationState? State { get; init; }
}
