namespace Byok.Core.Errors;

/// <summary>The operation does not fit what is there. Most have a leaf that says what; the command line ends with exit code 1, the API answers 409.</summary>
public class ConflictException(string message, Exception? innerException = null) : PermanentByokException(message, innerException);
