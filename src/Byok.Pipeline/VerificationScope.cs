namespace Byok.Pipeline;

/// <summary>How much of a new blob is read back through the real read path.</summary>
public enum VerificationScope
{
    /// <summary>The first, the last and one random chunk.</summary>
    Sample,

    /// <summary>Every chunk.</summary>
    All,
}
