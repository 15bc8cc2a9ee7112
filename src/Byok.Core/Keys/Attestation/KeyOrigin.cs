namespace Byok.Core.Keys.Attestation;

/// <summary>Where a key has to come from.</summary>
public enum KeyOrigin
{
    /// <summary>Anywhere: an imported key was outside the HSM, and its attestation says so.</summary>
    Imported,

    /// <summary>Made in the HSM and never extractable since: nobody ever had its private part outside.</summary>
    Generated,
}
