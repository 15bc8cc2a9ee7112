namespace Byok.Relay.HybridConnections.Protocol;

/// <summary>Replaces the token of a control channel before it expires.</summary>
/// <param name="Token">The new token.</param>
internal sealed record RenewTokenMessage(string? Token)
{
    /// <summary>Says nothing of the token.</summary>
    public override string ToString() => nameof(RenewTokenMessage);
}
