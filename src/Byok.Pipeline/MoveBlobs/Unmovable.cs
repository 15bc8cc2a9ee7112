using Byok.Core.Errors;

namespace Byok.Pipeline.MoveBlobs;

/// <summary>Tells failures that belong to one blob from those that end a rotation.</summary>
internal static class Unmovable
{
    /// <summary>The reason to list for a failure; null when it is not the blob's own.</summary>
    public static UnmovableReason? ReasonOf(ByokException exception) => exception switch
    {
        ForeignBlobException => UnmovableReason.NotInLedger,
        EnvelopeException => UnmovableReason.Tampered,
        MetadataBudgetExceededException => UnmovableReason.MetadataFull,
        KeyUnavailableException => UnmovableReason.KeyUnavailable,
        ConflictException => UnmovableReason.Locked,
        ConcurrentWriteException => UnmovableReason.Busy,
        _ => null,
    };
}
