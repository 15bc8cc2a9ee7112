namespace Byok.Core.Errors;

/// <summary>An orchestration did something else at its replay than its journal says, or waited for something that no journal records.</summary>
public sealed class NonDeterministicOrchestrationException : PermanentByokException
{
    /// <summary>Creates the failure with one clear sentence.</summary>
    public NonDeterministicOrchestrationException(string message) : base(message)
    {
    }

    /// <summary>Creates the failure with one clear sentence and its cause.</summary>
    public NonDeterministicOrchestrationException(string message, Exception? innerException) : base(message, innerException)
    {
    }
}
