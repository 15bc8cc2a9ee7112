namespace Byok.Testing.Behaviour.KeyLife;

/// <summary>What somebody does with a key.</summary>
public enum KeyCommand
{
    Bring,
    Rotate,
    RotateToLabel,
    RetireBranch,
    Disable,
    Delete,
    Restore,
    Encrypt,
    Read,
}
