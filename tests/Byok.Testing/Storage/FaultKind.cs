namespace Byok.Testing.Storage;

/// <summary>What can happen to a request.</summary>
public enum FaultKind
{
    /// <summary>429 with Retry-After.</summary>
    Throttled,

    /// <summary>500.</summary>
    ServerError,

    /// <summary>503.</summary>
    Busy,

    /// <summary>No answer, and the service never saw the request.</summary>
    TimeOutBeforeEffect,

    /// <summary>No answer, but the service did what it was asked for.</summary>
    TimeOutAfterEffect,

    /// <summary>The connection breaks in the middle of the answer's body.</summary>
    CutBody,

    /// <summary>The answer's body ends early without a break, and says so in its length.</summary>
    WrongLength,

    /// <summary>412: somebody else wrote, says the service, without having done anything.</summary>
    PreconditionFailed,
}
