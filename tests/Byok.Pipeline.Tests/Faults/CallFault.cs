namespace Byok.Pipeline.Tests.Faults;

/// <summary>What can happen to a call of the vault or the HSM, after the client's own repeats were used up.</summary>
public enum CallFault
{
    /// <summary>429, 503 or a time-out: the service did nothing.</summary>
    Busy,

    /// <summary>The service did what it was asked for; its answer never came.</summary>
    LostAnswer,

    /// <summary>A permanent refusal.</summary>
    Refused,
}
