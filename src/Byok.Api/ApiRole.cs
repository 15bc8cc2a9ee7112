namespace Byok.Api;

/// <summary>What a caller may do. An app role of the same name with <c>Byok.</c> before it grants it.</summary>
public enum ApiRole
{
    /// <summary>Starts bring, rotate, revoke, restore and audit.</summary>
    Operator,

    /// <summary>Hands in approvals. Whether an approval is good, the agent beside the HSM decides.</summary>
    Approver,

    /// <summary>Reads audit reports.</summary>
    Auditor,
}
