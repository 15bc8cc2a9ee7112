namespace Byok.Client.Records;

/// <summary>What makes a new state of a blob.</summary>
public enum BlobChange
{
    /// <summary>An upload: it stands for itself, whatever it replaces.</summary>
    Encrypt,

    /// <summary>The DEK is sealed anew, by another branch or beside another copy.</summary>
    Rewrap,

    /// <summary>The blob is encrypted anew, under a new DEK.</summary>
    Reencrypt,
}
