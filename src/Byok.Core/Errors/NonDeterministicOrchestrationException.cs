namespace Byok.Core.Errors;

/// <summary>An orchestration did something else at its replay than its journal says, or waited for something that no journal records.</summary>
public sealed class NonDeterministicOrchestrationException(string message, Exception? innerException = null) : PermanentByokException(message, innerException);
