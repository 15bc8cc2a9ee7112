using Byok.Core.Ports;

namespace Byok.Pipeline.BringKey;

/// <summary>Where a bring stands, for whoever watches.</summary>
/// <param name="Stage">What happens now, in words.</param>
/// <param name="ApprovalsRequired">Approvals asked for; one more for each that the agent did not count.</param>
/// <param name="Request">What approvers sign; null before the KEK exists.</param>
/// <param name="Refusal">Why the agent did not count enough of the approvals, in its own words; null while it was not asked.</param>
public sealed record BringKeyProgress(string Stage, int ApprovalsGiven, int ApprovalsRequired, ExportRequest? Request, string? Refusal = null);
