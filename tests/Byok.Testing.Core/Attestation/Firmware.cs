namespace Byok.Testing.Core.Attestation;

/// <summary>The HSM's firmware, which decides the layout of a statement and how it is signed.</summary>
public enum Firmware
{
    /// <summary>One object at byte 20; the bare hash is padded and signed.</summary>
    Older,

    /// <summary>Response and info header before the object; PKCS#1 v1.5 with SHA-256.</summary>
    Newer,
}
