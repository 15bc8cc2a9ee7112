namespace Byok.Core.Errors;

/// <summary>A branch record is not in its form, or is another branch's or another key's (docs/FORMAT.md, section 9.2). The copies in the blobs serve in its place.</summary>
public sealed class MalformedBranchRecordException : PermanentByokException
{
    /// <summary>Creates the failure with one clear sentence.</summary>
    public MalformedBranchRecordException(string message) : base(message)
    {
    }

    /// <summary>Creates the failure with one clear sentence and its cause.</summary>
    public MalformedBranchRecordException(string message, Exception? innerException) : base(message, innerException)
    {
    }
}
