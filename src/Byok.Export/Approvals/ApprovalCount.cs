namespace Byok.Export.Approvals;

/// <summary>What the approvals of a request come to.</summary>
/// <param name="Approvers">Names of the distinct approvers whose approval is good.</param>
/// <param name="Faults">What is wrong with the other approvals, a clause each.</param>
public sealed record ApprovalCount(IReadOnlyList<string> Approvers, IReadOnlyList<string> Faults);
