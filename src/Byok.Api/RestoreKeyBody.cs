namespace Byok.Api;

/// <summary>Body of a request to restore a key.</summary>
/// <param name="Rewrap">Whether blobs that name a version which is gone for good are rewrapped.</param>
public sealed record RestoreKeyBody(bool Rewrap = false);
