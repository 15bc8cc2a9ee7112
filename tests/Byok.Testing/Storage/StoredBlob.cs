namespace Byok.Testing.Storage;

/// <summary>One blob of the storage in memory.</summary>
internal sealed class StoredBlob(string name)
{
    public string Name { get; } = name;

    public bool IsCommitted { get; set; }

    public bool IsAppend { get; set; }

    public byte[] Content { get; set; } = [];

    public int Appends { get; set; }

    public string ETag { get; set; } = string.Empty;

    public DateTimeOffset LastModified { get; set; }

    public Dictionary<string, string> Metadata { get; set; } = [];

    public Dictionary<string, string> Headers { get; set; } = [];

    public Dictionary<string, byte[]> Staged { get; } = [];
}
