namespace Byok.Api;

/// <summary>Body of a request to retire a branch; an empty object retires the current one.</summary>
/// <param name="Branch">The branch's name, 43 characters; by default the current one's.</param>
/// <param name="Deep">Whether its blobs are encrypted anew, and not only their DEKs sealed anew.</param>
public sealed record RetireBranchBody(string? Branch = null, bool Deep = false);
