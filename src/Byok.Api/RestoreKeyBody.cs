namespace Byok.Api;

/// <summary>Body of a request to restore a key: an empty object.</summary>
public sealed record RestoreKeyBody;
