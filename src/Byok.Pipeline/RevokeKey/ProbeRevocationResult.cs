namespace Byok.Pipeline.RevokeKey;

/// <summary>What a probe found.</summary>
/// <param name="Unwrapped">Whether some version still unwraps.</param>
/// <param name="On">When.</param>
public sealed record ProbeRevocationResult(bool Unwrapped, DateTimeOffset On);
