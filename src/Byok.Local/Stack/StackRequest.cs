namespace Byok.Local.Stack;

/// <summary>What <c>byok up</c> is told; null to leave a thing as it is.</summary>
/// <param name="RequiredApprovals">How many approvals the agent shall ask for.</param>
/// <param name="Host">What shall run the pipeline.</param>
/// <param name="DefaultKey">The wrapping key for uploads that name none.</param>
/// <param name="HsmSerialNumber">Which token plays the HSM.</param>
/// <param name="VaultSerialNumber">Which token plays the vault's HSM.</param>
/// <param name="AcceptsTokenLoss">Whether a token that was lost is replaced, and the keys that went with it are forgotten.</param>
public sealed record StackRequest(
    int? RequiredApprovals, StackHost? Host, string? DefaultKey, string? HsmSerialNumber, string? VaultSerialNumber, bool AcceptsTokenLoss);
