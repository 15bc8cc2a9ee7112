namespace Byok.Storage;

/// <summary>An upload as a listing tells of it.</summary>
/// <param name="ETag">Its version.</param>
/// <param name="LastModified">When it was last written.</param>
public sealed record ListedUpload(string Name, string ETag, DateTimeOffset LastModified);
