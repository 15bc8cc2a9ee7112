namespace Byok.Bench.Stack;

/// <summary>An upload that contenders copy.</summary>
internal sealed record LargeBlob(string Name, string ETag, long Length);
