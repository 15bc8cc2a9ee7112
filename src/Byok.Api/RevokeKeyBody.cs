namespace Byok.Api;

/// <summary>Body of a request to revoke a key; an empty object disables it.</summary>
/// <param name="Mode"><c>disable</c> (default) or <c>delete</c>.</param>
/// <param name="Rehearsal">Whether this is a rehearsal on a canary key.</param>
public sealed record RevokeKeyBody(string Mode = "disable", bool Rehearsal = false);
