namespace Byok.Core.Errors;

/// <summary>A branch record is not in its form, or is another branch's or another key's (docs/FORMAT.md, section 9.2). The copies in the blobs serve in its place.</summary>
public sealed class MalformedBranchRecordException(string message, Exception? innerException = null) : PermanentByokException(message, innerException);
