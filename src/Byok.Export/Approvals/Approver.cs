namespace Byok.Export.Approvals;

/// <summary>A person who may approve exports.</summary>
/// <param name="Name">The name by which records speak of them.</param>
/// <param name="Key">Their public key.</param>
public sealed record Approver(string Name, ApprovalKey Key);
